/** Frames of a camera. */
import { InputError } from './pose/errors.js';

const REASONS = {
  NotAllowedError: 'this page may not use it; allow it in the browser’s settings',
  NotFoundError: 'there is none; plug one in',
  NotReadableError: 'another program is using it; close that program',
  OverconstrainedError: 'it is no longer there; choose another one',
};

export class Camera {
  /**
   * @param {HTMLVideoElement} video Shown nowhere; it holds the stream.
   * @param {() => void} onLost Called when the camera goes away by itself.
   */
  constructor(video, onLost) {
    this.video = video;
    this.onLost = onLost;
    this.stream = null;
  }

  /** Whether it is on. */
  get isOn() {
    return this.stream !== null;
  }

  /** Whether the user sees themselves: such an image is shown mirrored. */
  get facesUser() {
    const track = this.stream?.getVideoTracks()[0];
    return track?.getSettings().facingMode !== 'environment';
  }

  /**
   * Turn it on.
   *
   * @param {string} deviceId Which one; empty for the browser's choice.
   * @throws {InputError} It cannot be used.
   */
  async start(deviceId = '') {
    this.stop();
    if (!navigator.mediaDevices) {
      throw new InputError('The camera: browsers allow it on https:// and on localhost only; ' +
        'open the page there');
    }
    const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'user' };
    const size = { width: { ideal: 640 }, height: { ideal: 480 } };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { ...which, ...size } });
    } catch (error) {
      throw new InputError(`The camera: ${REASONS[error.name] ?? error.message}`);
    }
    this.stream.getVideoTracks()[0].addEventListener('ended', () => this.onLost());
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  /** Turn it off. */
  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  /** @returns {Promise<MediaDeviceInfo[]>} The cameras; they have names once one is on. */
  async devices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === 'videoinput');
  }

  /**
   * @returns {Promise<ImageBitmap | null>} The next frame; null once the camera
   *     was turned off, even if it is on again.
   */
  async nextFrame() {
    const { stream } = this;
    await new Promise((resolve) => {
      if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(resolve);
      else requestAnimationFrame(resolve);
    });
    return this.isOn && stream === this.stream ? createImageBitmap(this.video) : null;
  }
}
