# Drawn people: no file, no download. Both sets follow from their seeds.
# Images have the size of the input, so that none is drawn to be shrunk.
image_size = (128, 128)
num_train = 2000

scene = dict(
    type='SyntheticPeople',
    data_mode='bottomup',
    image_size=image_size,
    min_people=2,
    max_people=3,
    person_height=(0.5, 0.85),
    poses=('stand', 'walk'))

train_dataloader = dict(
    batch_size=8,
    # Each image is drawn once and kept. Two threads of the training have to
    # wait for each other: a loader beside them costs more than it saves.
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(num_images=num_train, cache=num_train, seed=0, **scene))
val_dataloader = dict(
    batch_size=20,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        num_images=200, cache=200, seed=1000, test_mode=True, **scene))
val_cfg = dict()
# Without a file: the labels come with the images.
val_evaluator = dict(
    type='PoseCocoMetric', score_mode='bbox', nms_mode='none')

test_dataloader = val_dataloader
test_cfg = dict()
test_evaluator = val_evaluator
