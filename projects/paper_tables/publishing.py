"""Making a trained checkpoint into a model that others can use."""
from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import torch
import yaml
from mmengine.config import Config

from projects.deployed_evaluation import TRAINING_KEYS, evaluate_deployed
from sasd_mmpose.engine.checkpoints import prune_checkpoint, read_checkpoint
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.errors import InputError
from sasd_mmpose.inference.model_zoo import INDEX, WEIGHTS, published_models
from sasd_mmpose.models import deployed_cfg

from ..markdown import markdown

METAFILE = f'{WEIGHTS}/metafile.yml'
# Written by `python -m projects.benchmark.frontier`.
MEASURED = 'results/frontier.json'
RUNTIMES = dict(ncnn='ncnn', onnxruntime='ONNX Runtime', openvino='OpenVINO')
PAPER = dict(
    Title='Lightweight Multiperson Pose Estimation with Staggered Alignment '
          'Self-distillation',
    URL='https://doi.org/10.1109/TMM.2024.3387754')

CARD = """# {name}

{summary}

| | |
|---|---|
| checkpoint | `{checkpoint}`, weights of convolutions in 16 bits, {size} |
| sha256 | `{sha256}` |
| config | [config.py](config.py), of the deployed net |
| trained by | [{training_config}](../../{training_config}) |
| trained on | {trained_on} |
| recipe | {epochs} epochs, {seeds}, {training_hours:g} h on {machine} |
| started from | {started_from} |

## Accuracy

Of this file, on {evaluated_on}{flip}.

{table}
{forms}
## Use

```bash
sasd predict photo.jpg --model {name} --out out
```

```python
from sasd_mmpose import PoseEstimator

people = PoseEstimator('{name}')('photo.jpg')
```

`sasd export` makes an int8 net of it for ONNX Runtime and OpenVINO:
[how, and what it costs](../../docs/deploy.md#int8).

## What it is not good for

{limits}

## Licence

The weights are under the project's licence, Apache-2.0. {licence}
"""


def portable_config(cfg: Config) -> Config:
    """Reduce a training config to what testing the deployed net takes.

    Args:
        cfg (Config): The config.

    Returns:
        Config: A config of its own, without folders of this machine.
    """
    # Where the data is has been filled in already; put the default back.
    root = os.environ.get('SASD_DATA_ROOT', 'data').rstrip('/')
    text = json.dumps(cfg.to_dict()).replace(f'"{root}/', '"data/')
    deployed = json.loads(text)
    for key in TRAINING_KEYS:
        deployed.pop(key, None)
    deployed.update(
        model=deployed_cfg(deployed['model']).to_dict(),
        custom_hooks=[dict(type='CheckpointGuardHook')],
        load_from=None, resume=False)
    deployed['model']['backbone'].pop('init_cfg', None)
    for key in ('train_pipeline', 'param_scheduler'):
        deployed.pop(key, None)
    return Config(deployed)


def _describe_itself(checkpoint: Path, cfg: Config) -> None:
    """Leave in a checkpoint's meta what a user needs, and no more."""
    content = read_checkpoint(checkpoint)
    meta = {key: content['meta'][key] for key in ('dataset_meta', 'epoch')
            if key in content['meta']}
    torch.save(dict(meta=dict(meta, cfg=cfg.pretty_text),
                    state_dict=content['state_dict']), checkpoint)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _metric_table(metrics: dict[str, float]) -> str:
    """Lay out metrics as markdown."""
    lines = [metrics.keys(), ['---:'] * len(metrics),
             (f'{value:.3f}' for value in metrics.values())]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def _seeds(seed: int | list[int]) -> str:
    """Name the seed of a training, or those of several that were averaged."""
    if isinstance(seed, list):
        return f'mean of the weights of seeds {", ".join(map(str, seed))}'
    return f'seed {seed}'


def measured_forms(model: dict, root: Path) -> list[dict]:
    """Read what the benchmark has measured of a model's deployed forms.

    Args:
        model (dict): The content of its ``model.json``.
        root (Path): Folder of the project.

    Returns:
        list[dict]: The records of ``results/frontier.json`` with this
        model's weights and an AP.
    """
    path = root / MEASURED
    if not path.exists():
        return []
    label = f'{model["name"]} ({model["sha256"][:8]})'
    return [record for record in json.loads(path.read_text())['entrants']
            if record.get('weights') == label and 'measured_ap' in record]


def _form_table(records: list[dict]) -> str:
    """Lay out AP by form and input size; empty where nothing is measured."""
    sizes = sorted({record['size'] for record in records})
    rows: dict[str, dict[int, float]] = {}
    for record in records:
        form = f'{RUNTIMES[record["runtime"]]}, {record["precision"]}'
        if record['flip']:
            form += ', flip test'
        rows.setdefault(form, {})[record['size']] = record['measured_ap']['AP']
    if not rows:
        return ''
    table = markdown(
        ['AP of', *(f'{size} px' for size in sizes)],
        [[form, *(f'{aps[size]:.3f}' if size in aps else '–' for size in sizes)]
         for form, aps in rows.items()])
    return f'\nAs it is deployed, on the same images ({MEASURED}):\n\n{table}\n'


def model_card(model: dict, size: int, forms: list[dict] | None = None) -> str:
    """Write the card of a model.

    Args:
        model (dict): The content of its ``model.json``.
        size (int): Bytes of the checkpoint.
        forms (list[dict] | None): Of :func:`measured_forms`.

    Returns:
        str: Markdown.
    """
    return CARD.format(
        **model, size=f'{size / 2**20:.1f} MiB', seeds=_seeds(model['seed']),
        flip=', flip test' if model['flip_test'] else '',
        table=_metric_table(model['metrics']), forms=_form_table(forms or []))


def metafile(models: list[dict]) -> str:
    """Write the metafile of all models.

    Args:
        models (list[dict]): The contents of their ``model.json``.

    Returns:
        str: YAML in OpenMMLab's form.
    """
    entries = [{
        'Name': model['name'],
        'In Collection': 'SASD',
        'Config': f'{WEIGHTS}/{model["name"]}/config.py',
        'Metadata': {'Training Data': model['trained_on']},
        'Results': [{
            'Task': 'Body 2D Keypoint',
            'Dataset': model['evaluated_on'],
            'Metrics': model['metrics'],
        }],
        'Weights': f'{WEIGHTS}/{model["name"]}/{model["checkpoint"]}',
    } for model in models]
    collection = {'Name': 'SASD', 'Paper': PAPER, 'README': 'README.md'}
    return yaml.safe_dump(
        dict(Collections=[collection], Models=entries), sort_keys=False,
        allow_unicode=True)


def write_index(root: Path) -> None:
    """Write model card, metafile and index from what is published.

    Args:
        root (Path): Folder of the project.

    Raises:
        InputError: A ``model.json`` cannot be read.
    """
    models = published_models(root)
    for model in models:
        try:
            card = model_card(
                model.description, model.checkpoint.stat().st_size,
                measured_forms(model.description, root))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f'{model.folder / "model.json"}: not all of a description; '
                'publish the model again') from error
        (model.folder / 'README.md').write_text(card)
    (root / METAFILE).parent.mkdir(exist_ok=True)
    (root / METAFILE).write_text(
        metafile([model.description for model in models]))
    (root / INDEX).write_text(yaml.safe_dump(dict(Import=[METAFILE])))


def publish(name: str, checkpoint: Path, config: Path, record: Path,
            about: dict[str, str], root: Path) -> dict:
    """Prune, evaluate and describe a trained net under ``weights/NAME``.

    Args:
        name (str): The model's name.
        checkpoint (Path): Checkpoint of its training.
        config (Path): Config of its training, inside the project.
        record (Path): ``result.json`` that ``tools/record_run.py`` made.
        about (dict[str, str]): ``summary``, ``started_from``, ``licence`` and
            ``limits``, in words.
        root (Path): Folder of the project.

    Returns:
        dict: The content of ``model.json``.

    Raises:
        InputError: Something of it cannot be read, or does not fit.
    """
    if not re.fullmatch('[a-z0-9_]+', name):
        raise InputError(f'{name}: a model is named by small letters, digits '
                         'and underscores')
    cfg = load_config(config)
    try:
        run = json.loads(record.read_text())
        training = {key: run[key] for key in (
            'epochs', 'seed', 'training_hours', 'machine', 'trained_on',
            'evaluated_on')}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f'{record}: not the record of a run; make it with '
                         'projects/paper_tables/tools/record_run.py') from error
    folder = root / WEIGHTS / name
    scratch = root / 'work_dirs' / 'publish' / name
    scratch.mkdir(parents=True, exist_ok=True)
    pruned = scratch / 'pruned.pth'
    prune_checkpoint(checkpoint, pruned, half=True)
    metrics, _ = evaluate_deployed(cfg, pruned, scratch, scratch / 'test')

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob('*.pth'):
        old.unlink()
    portable = portable_config(cfg)
    _describe_itself(pruned, portable)
    digest = _sha256(pruned)
    file_name = f'{name}_fp16-{digest[:8]}.pth'
    shutil.copy(pruned, folder / file_name)
    portable.dump(folder / 'config.py')
    model = dict(
        name=name, checkpoint=file_name, sha256=digest,
        training_config=config.resolve().relative_to(root).as_posix(),
        **training, flip_test=bool(cfg.model.test_cfg.get('flip_test', False)),
        metrics={key.rpartition('/')[2]: round(float(value), 4)
                 for key, value in metrics.items()}, **about)
    (folder / 'model.json').write_text(json.dumps(model, indent=2) + '\n')
    write_index(root)
    return model
