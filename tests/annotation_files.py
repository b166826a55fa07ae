"""Made-up annotation files in COCO's format for the tests."""
from __future__ import annotations

NUM_KEYPOINTS = 17


def make_person(id: int, image_id: int, labelled: bool = True) -> dict:
    """One person of 40 x 80 pixels, all of whose keypoints are labelled."""
    points = [[30 + i, 40 + 3 * i, 2] for i in range(NUM_KEYPOINTS)]
    if not labelled:
        points = [[0, 0, 0]] * NUM_KEYPOINTS
    return dict(
        id=id, image_id=image_id, category_id=1, bbox=[20., 30., 40., 80.],
        area=1700., iscrowd=0, keypoints=sum(map(list, points), []),
        num_keypoints=NUM_KEYPOINTS if labelled else 0)


def make_content() -> dict:
    """Three images: two persons; one person; one without any label."""
    return dict(
        images=[dict(id=i, file_name=f'{i}.jpg', width=200, height=150)
                for i in (1, 2, 3)],
        annotations=[make_person(11, 1), make_person(12, 1, labelled=False),
                     make_person(21, 2), make_person(31, 3, labelled=False)],
        categories=[dict(id=1, name='person')])
