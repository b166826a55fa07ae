import pytest

from sasd_mmpose.images import UnreadableImage, read_image


@pytest.mark.parametrize('content, reason', [
    (b'', 'the file is empty'),
    (b'GIF89a', 'cannot read GIF; convert it to JPEG or PNG'),
    (b'\0\0\0\x18ftypheic', 'cannot read HEIC; convert it to JPEG or PNG'),
    (b'\0\0\0\x18ftypavif', 'cannot read AVIF; convert it to JPEG or PNG'),
    (b'\0\0\0\x18ftypisom', 'not a whole image'),
    (b'text', 'not a whole image'),
])
def test_an_unreadable_file_is_named_as_what_it_is(tmp_path, content, reason):
    path = tmp_path / 'a.jpg'
    path.write_bytes(content)
    with pytest.raises(UnreadableImage) as caught:
        read_image(path)
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)
