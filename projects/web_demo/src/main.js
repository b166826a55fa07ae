/** The page: what its controls do. */
import { Camera } from './camera.js';
import { EstimatorClient } from './client.js';
import { rgb } from './drawing.js';
import { firstFile, readImage } from './images.js';
import { showModelCard } from './model_card.js';
import {
  confident, countPeople, describePerson, milliseconds, toCoco,
} from './results.js';
import { Stage } from './stage.js';

const EXAMPLE = 'examples/drawn_people.jpg';
const ANNOUNCE_EVERY = 4000; // milliseconds, while the camera is on
const SMOOTHING = 0.9; // share of the old value in frames per second

const $ = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.stage = new Stage($('frame'), $('canvas'));
    this.camera = new Camera($('video'), () => this.#cameraLost());
    /** What is shown: image, name, people and times; null before the first. */
    this.shown = null;
    /** The image file that was asked for last; null where it was something else. */
    this.file = null;
    /** Whether the camera was asked for and is not on yet. */
    this.isStarting = false;
    /** Counts what was asked for, so that late answers are dropped. */
    this.turn = 0;
    this.announced = { text: '', at: 0 };
    this.#listen();
    this.#load();
    this.#showCard();
  }

  // ---- the net

  /** Load the net, and run it on what is shown already. */
  async #load() {
    const provider = $('provider').value;
    this.client?.close();
    this.client = new EstimatorClient((loaded, bytes) => this.#progress(loaded, bytes));
    const { client } = this;
    this.turn++; // what the old one was at is dropped
    this.net = null;
    if (this.shown) this.#show({ ...this.shown, people: [], times: null, rate: 0 });
    $('loading').hidden = false;
    setBusy(true);
    this.#say('Loading the net…');
    try {
      const net = await client.load(provider);
      if (client !== this.client) return;
      this.net = net;
    } catch (error) {
      if (client === this.client) this.#fail(`The net cannot be used: ${error.message}`);
      return;
    } finally {
      if (client === this.client) $('loading').hidden = true;
    }
    this.#showNet();
    this.#say('Ready.');
    if (this.file) {
      await this.open(this.file.blob, this.file.name);
    } else {
      setBusy(false);
      if (this.camera.isOn) this.#follow();
    }
  }

  #progress(loaded, bytes) {
    $('progress').max = bytes;
    $('progress').value = loaded;
    const mega = (count) => (count / 1e6).toFixed(1);
    $('loaded').textContent = `${mega(loaded)} of ${mega(bytes)} MB`;
  }

  #showNet() {
    const { provider, threads, description } = this.net;
    const threadsText = threads > 1 ? `${threads} threads` : '1 thread';
    $('runtime').textContent = provider === 'webgpu' ? 'WebGPU' : `WebAssembly, ${threadsText}`;
    showLegend($('legend'), description);
    if (!this.shown) {
      setSlider('score', description.thresholds.score);
      setSlider('keypoint', description.thresholds.keypoint);
    }
  }

  async #showCard() {
    const response = await fetch('model/model.json').catch(() => null);
    if (response?.ok) showModelCard($('card'), await response.json());
  }

  // ---- images

  /**
   * Show an image, and find its people.
   *
   * @param {Blob} blob The file.
   * @param {string} name Its name.
   */
  async open(blob, name) {
    this.#stopCamera();
    this.#clearError();
    const turn = ++this.turn;
    this.file = { blob, name };
    setBusy(true);
    try {
      const { shown, input } = await readImage(blob, name);
      if (turn !== this.turn) return;
      this.#show({ image: shown, name, people: [], times: null });
      if (!this.net) return; // #load() comes back to it
      this.#say(`Finding people in ${name}…`);
      const { people, times, image } = await this.client.estimate(input, leastScore());
      image.close();
      if (turn === this.turn) this.#found({ image: shown, name, people, times });
    } catch (error) {
      if (turn !== this.turn) return;
      this.file = null;
      this.#fail(error.message);
    }
  }

  #found(shown) {
    this.#show(shown);
    this.#say(this.#summary(), true);
    setBusy(false);
  }

  // ---- the camera

  async #toggleCamera() {
    if (this.isStarting) return; // the browser asks the user still
    if (this.camera.isOn) {
      this.#stopCamera();
      this.#say('The camera is off.');
      return;
    }
    this.isStarting = true;
    await this.#startCamera($('device').value);
    this.isStarting = false;
  }

  /** @param {string} deviceId Which one; empty for the browser's choice. */
  async #startCamera(deviceId) {
    this.#clearError();
    const turn = ++this.turn;
    try {
      await this.camera.start(deviceId);
    } catch (error) {
      this.#showCameraControls(false);
      this.#fail(error.message);
      return;
    }
    if (turn !== this.turn) { // an image was opened meanwhile
      this.camera.stop();
      return;
    }
    this.file = null;
    setBusy(!this.net);
    $('mirror').checked = this.camera.facesUser;
    this.#showCameraControls(true);
    if (this.net) this.#follow();
    showDevices($('device'), await this.camera.devices());
  }

  #stopCamera() {
    if (!this.camera.isOn) return;
    this.turn++;
    this.camera.stop();
    this.#showCameraControls(false);
    this.#render();
  }

  #cameraLost() {
    this.#stopCamera();
    this.#fail('The camera: it went away; plug it in again, or choose another one');
  }

  /** Find the people of one frame after the other until the camera is off. */
  async #follow() {
    const turn = ++this.turn;
    let before = performance.now();
    let rate = 0;
    try {
      for (;;) {
        const frame = await this.camera.nextFrame();
        if (!frame || turn !== this.turn) return;
        const { people, times, image } = await this.client.estimate(frame, leastScore());
        if (turn !== this.turn) return;
        const now = performance.now();
        rate = smooth(rate, 1000 / (now - before));
        before = now;
        this.shown?.image.close();
        this.#show({ image, name: 'camera', isFrame: true, people, times, rate });
        this.#say(this.#summary());
      }
    } catch (error) {
      if (turn !== this.turn) return;
      this.#stopCamera();
      this.#fail(error.message);
    }
  }

  #showCameraControls(isOn) {
    $('camera').classList.toggle('is-on', isOn);
    $('camera').textContent = isOn ? 'Stop the camera' : 'Use the camera';
    $('camera-options').hidden = !isOn;
    $('rate-row').hidden = !isOn;
  }

  // ---- showing

  #show(shown) {
    this.shown = shown;
    document.body.dataset.shows = this.camera.isOn ? 'camera' : 'image';
    this.#render();
  }

  /** Draw what is shown, as the controls say. */
  #render() {
    for (const name of ['score', 'keypoint']) showSliderValue(name);
    if (!this.shown) return;
    const { image, times, rate } = this.shown;
    const people = this.#people();
    this.stage.show({
      image,
      people,
      mirrored: Boolean(this.shown.isFrame) && $('mirror').checked,
      description: this.net?.description,
      look: { keypoint: Number($('keypoint').value), boxes: $('boxes').checked },
    });
    $('people').textContent = times ? String(people.length) : '–';
    $('net').textContent = times ? milliseconds(times.net) : '–';
    $('total').textContent = times ? milliseconds(times.total) : '–';
    $('rate').textContent = rate ? rate.toFixed(1) : '–';
    for (const id of ['save-image', 'save-poses']) $(id).disabled = !times;
    this.#renderText(people);
  }

  /** Say in text what the drawing shows. */
  #renderText(people) {
    const { name, times } = this.shown;
    // Text that changes with every frame helps nobody.
    const isLive = this.camera.isOn;
    const found = isLive ? 'live, people drawn over it' : times && this.#summary();
    $('canvas').setAttribute('aria-label', `${name}: ${found ?? 'people not found yet'}`);
    $('list').hidden = isLive || people.length === 0;
    $('list').replaceChildren(...(isLive ? [] : people).map((person) => {
      const item = document.createElement('li');
      item.textContent = describePerson(person, Number($('keypoint').value));
      return item;
    }));
  }

  /** The people that are sure enough to be shown. */
  #people() {
    return confident(this.shown.people, Number($('score').value));
  }

  #summary() {
    const { times } = this.shown;
    return `${countPeople(this.#people().length)} found in ${milliseconds(times.total)}.`;
  }

  /**
   * Say something in the status line, which screen readers read out.
   *
   * @param {string} text One sentence.
   * @param {boolean} atOnce Whether it may not wait, as it must while the
   *     camera is on.
   */
  #say(text, atOnce = !this.camera.isOn) {
    const now = performance.now();
    if (!atOnce && now - this.announced.at < ANNOUNCE_EVERY) return;
    this.announced = { text, at: now };
    $('status').textContent = text;
  }

  #fail(message) {
    $('error').textContent = message;
    $('error').hidden = false;
    this.#say('');
    setBusy(false);
  }

  #clearError() {
    $('error').hidden = true;
    $('error').textContent = '';
  }

  // ---- controls

  #listen() {
    $('choose').addEventListener('click', () => $('file').click());
    $('file').addEventListener('change', () => this.#openFile($('file').files[0]));
    $('camera').addEventListener('click', () => this.#toggleCamera());
    $('example').addEventListener('click', () => this.#openExample());
    $('device').addEventListener('change', () => this.#startCamera($('device').value));
    $('provider').addEventListener('change', () => {
      this.#clearError();
      this.#load();
    });
    for (const id of ['score', 'keypoint', 'boxes', 'mirror']) {
      $(id).addEventListener('input', () => this.#render());
    }
    for (const id of ['score', 'keypoint']) {
      $(id).addEventListener('change', () => this.shown?.times && this.#say(this.#summary()));
    }
    $('save-image').addEventListener('click', async () => {
      download(await this.stage.toPng(), `${stem(this.shown.name)}_poses.png`);
    });
    $('save-poses').addEventListener('click', () => {
      const results = toCoco(this.#people(), this.shown.name);
      const json = new Blob([JSON.stringify(results, null, 1)], { type: 'application/json' });
      download(json, `${stem(this.shown.name)}_poses.json`);
    });
    this.#listenForFiles();
    this.#render();
  }

  /** Take files that are dropped anywhere on the page, or pasted. */
  #listenForFiles() {
    const { body } = document;
    addEventListener('dragover', (event) => {
      event.preventDefault();
      body.classList.add('is-dragging');
    });
    addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) body.classList.remove('is-dragging');
    });
    addEventListener('drop', (event) => {
      event.preventDefault();
      body.classList.remove('is-dragging');
      this.#openFile(firstFile(event.dataTransfer));
    });
    addEventListener('paste', (event) => {
      const file = firstFile(event.clipboardData);
      if (file) this.#openFile(file);
    });
  }

  /** @param {File | undefined} file What the user gave. */
  #openFile(file) {
    $('file').value = ''; // the same file may be chosen again
    if (file) this.open(file, file.name);
    else this.#fail('What you dropped holds no file; drop an image file');
  }

  async #openExample() {
    const response = await fetch(EXAMPLE).catch(() => null);
    if (response?.ok) await this.open(await response.blob(), EXAMPLE.split('/').pop());
    else this.#fail(`${EXAMPLE}: not there; build the page again`);
  }
}

/** @param {boolean} isBusy Whether the image is about to change: it is not read out. */
function setBusy(isBusy) {
  $('frame').setAttribute('aria-busy', String(isBusy));
}

/** The lowest score that the slider can show: it filters what was found at it. */
function leastScore() {
  return Number($('score').min);
}

/**
 * @param {string} name `'score'` or `'keypoint'`.
 * @param {number} value Threshold in [0, 1].
 */
function setSlider(name, value) {
  $(name).value = value;
  showSliderValue(name);
}

/** @param {string} name `'score'` or `'keypoint'`. */
function showSliderValue(name) {
  $(`${name}-value`).textContent = Number($(name).value).toFixed(2);
}

/**
 * @param {number} old Value so far; 0 for none.
 * @param {number} value What was measured now.
 */
function smooth(old, value) {
  return old ? SMOOTHING * old + (1 - SMOOTHING) * value : value;
}

/** @param {string} name Of a file. @returns {string} It without its extension. */
function stem(name) {
  return name.replace(/\.[^.]*$/, '');
}

/**
 * @param {Blob} blob What to save.
 * @param {string} name Suggested name of the file.
 */
function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Say which colours are left, right and neither. */
function showLegend(list, { keypoints }) {
  const sideOf = ({ name }) => /^(left|right)_/.exec(name)?.[1] ?? 'middle';
  // The last ones: eyes and ears have sides, but the colour of the middle.
  const colors = new Map(keypoints.map((keypoint) => [sideOf(keypoint), keypoint.color]));
  const sides = ['left', 'right', 'middle'].filter((side) => colors.has(side));
  list.replaceChildren(...sides.map((side) => {
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.backgroundColor = rgb(colors.get(side));
    const item = document.createElement('li');
    item.append(swatch, side);
    return item;
  }));
}

/** @param {HTMLSelectElement} select Offers them. @param {MediaDeviceInfo[]} devices All. */
function showDevices(select, devices) {
  const chosen = $('video').srcObject?.getVideoTracks()[0].getSettings().deviceId;
  select.replaceChildren(...devices.map((device, i) => new Option(
    device.label || `Camera ${i + 1}`, device.deviceId, false, device.deviceId === chosen)));
  $('device-row').hidden = devices.length < 2;
}

new Page();
