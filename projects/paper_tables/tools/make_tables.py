"""Write the tables of README and docs from the files in results/.

Each table stands between two comments, `<!-- table NAME -->` and
`<!-- end NAME -->`; what is between them is replaced. With --measure, the
sizes of the nets are counted anew first.
"""
from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sasd_mmpose.errors import install_excepthook

from ...markdown import fill_tables, markdown

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / 'results'
SUITES = ('table3', 'table4', 'table5', 'table6', 'open-questions')
NONE = '–'


def documents() -> list[str]:
    """Name the documents that hold tables: the README and those of docs/."""
    pages = [ROOT / 'README.md', *sorted((ROOT / 'docs').rglob('*.md'))]
    return [page.relative_to(ROOT).as_posix() for page in pages
            if '<!-- table ' in page.read_text()]


def read(name: str) -> dict:
    """Read a result file."""
    return json.loads((RESULTS / name).read_text())


def measure_models() -> None:
    """Count parameters and MACs of all configs of the paper's tables."""
    from sasd_mmpose.engine.config import load_config
    from sasd_mmpose.models.complexity import model_complexity
    models = {}
    for name in read('quoted.json')['models']:
        cfg = load_config(ROOT / 'configs' / f'{name}.py')
        size = cfg.input_size[0]
        models[name] = dict(
            deployed=model_complexity(cfg.model, size)._asdict(),
            trained=model_complexity(cfg.model, size, aux=True)._asdict())
    path = RESULTS / 'models.json'
    path.write_text(json.dumps(models, indent=2) + '\n')
    print(f'wrote {path.relative_to(ROOT)}')


def quoted(value: float | None) -> str:
    """Show a figure of the paper."""
    return NONE if value is None else f'{value:g} ᵖ'


def model_table() -> str:
    """Sizes against the paper, and the paper's accuracy."""
    paper = read('quoted.json')['models']
    rows = []
    for name, entry in read('models.json').items():
        deployed, said = entry['deployed'], paper[name]
        accuracy = [
            quoted(said.get(key)) for key in (
                'coco_val_ap', 'coco_test_dev_ap', 'crowdpose_test_ap')
        ]
        rows.append([
            f'[{name}](../configs/{name}.py)', str(deployed['size']),
            f'{deployed["params"] / 1e6:.2f} M', quoted(said['params_m']),
            f'{deployed["macs"] / 1e9:.2f} G', quoted(said['macs_g']),
            *accuracy
        ])
    return markdown([
        'config', 'input', 'parameters', 'in the paper', 'MACs',
        'in the paper', 'COCO val AP', 'COCO test-dev AP', 'CrowdPose AP'
    ], rows)


def published_models() -> list[dict]:
    """Read ``model.json`` of every net under ``weights/``."""
    return [json.loads(path.read_text())
            for path in sorted(ROOT.glob('weights/*/model.json'))]


def weights_of(name: str) -> list[str]:
    """Return links to the published nets of a config's size and keypoints."""
    variant, _, data = name.rpartition('_')
    return [
        f'[{model["name"]}](weights/{model["name"]})'
        for model in published_models()
        if Path(model['training_config']).stem.startswith(f'{variant}_')
        and ('crowdpose' in model['training_config']) == (data == 'crowdpose')]


def status_line() -> str:
    """What the paper reaches, and what the published nets do."""
    paper = read('quoted.json')['models']['sasd_xs_coco']['coco_val_ap']
    nets = [
        f'[{model["name"]}](weights/{model["name"]}), has '
        f'**{100 * model["metrics"]["AP"]:.1f} AP** on '
        f'{model["evaluated_on"]}{", flip test" if model["flip_test"] else ""} '
        f'(trained on {model["trained_on"]})'
        for model in published_models()]
    return (
        f'**Status.** The paper reports {paper:g} AP on COCO val. This is not '
        'reproduced yet: nobody has trained on all of COCO here. The net that '
        f'comes with the project, {"; ".join(nets)}. That is enough to try '
        'everything, and not enough to rely on.')


def overview_table() -> str:
    """The nets: size, time, the paper's accuracy, and trained weights."""
    paper = read('quoted.json')['models']
    timed = {
        Path(model['config']).stem: model['runtimes'].get('ncnn', {})
        for model in read('benchmark.json')['models'].values()}
    rows = []
    for name, entry in read('models.json').items():
        deployed, said = entry['deployed'], paper[name]
        ap = said.get('coco_val_ap', said.get('crowdpose_test_ap'))
        time = timed.get(name, {}).get('cpu_ms')
        rows.append([
            f'[{name}](configs/{name}.py)', str(deployed['size']),
            f'{deployed["params"] / 1e6:.2f} M',
            f'{deployed["macs"] / 1e9:.2f} G',
            NONE if time is None else f'{time["whole"]["median"]:.0f} ms',
            quoted(ap), ', '.join(weights_of(name)) or NONE
        ])
    return markdown(['model', 'input', 'parameters', 'MACs', 'CPU time',
                     'AP in the paper', 'trained weights'], rows)


def run_table() -> str:
    """What was trained and evaluated here."""
    rows = []
    for path in sorted(RESULTS.glob('*/result.json')):
        run = json.loads(path.read_text())
        metrics = run['metrics']
        rows.append([
            f'[{path.parent.name}](../results/{path.parent.name})',
            run['evaluated_on'] + ('' if run['flip_test'] else ', no flip test'),
            f'{metrics["coco/AP"]:.3f}', f'{metrics["coco/AP .5"]:.3f}',
            f'{metrics["coco/AR"]:.3f}', run['trained_on'], run['machine']
        ])
    return markdown([
        'run', 'evaluated on', 'AP', 'AP50', 'AR', 'trained on', 'machine'
    ], rows)


def demo_table() -> str:
    """What `make demo` reached."""
    run = read('demo/metrics.json')
    return markdown(
        ['images', 'steps', 'of them with the twin', 'CPU seconds',
         'AP before the twin', 'AP', 'AP50', 'AR'],
        [[
            f'{run["train_images"]} for training',
            str(run['steps']), str(run['steps_with_twin']),
            str(run['train_cpu_seconds']), f'{run["AP_before_twin"]:.3f}',
            f'{run["AP"]:.3f}',
            f'{run["AP .5"]:.3f}', f'{run["AR"]:.3f}'
        ]])


# File of results/trials -> what it tries.
SHORT_TRIALS = {
    'optimizer_muon': 'MuonAdamW for neck and hidden layers of the head',
    'optimizer_adamw': 'AdamW',
    'objectness_iou': 'Objectness that learns the IoU of boxes, going on after '
    'epoch 10',
    'objectness_oks': 'Objectness that learns the OKS of keypoints, going on after '
    'epoch 10',
    'objectness_oks_gain_5': 'OKS, and five times the box and objectness gains, '
    'going on after epoch 10',
    'detection_gain_5': 'Five times the box and objectness gains, going on after '
    'epoch 6',
    'constant_from_34': 'The recipe, going on after epoch 34',
    'no_heatmap_from_34': 'Without heatmaps, going on after epoch 34',
    'rate_doubled_from_34': 'Twice the rate, going on after epoch 34',
}


def long_run_table() -> str:
    """AP over the epochs of the run that the published weights are of."""
    run = read('sasd_xs_pose_mix/record.json')
    keys = ('AP', 'AP .5', 'AP .75', 'AP (M)', 'AP (L)', 'AR')
    table = markdown(
        ['epoch', *keys, 'flip test'],
        [[str(test['step']), *(f'{test[f"coco/{key}"]:.3f}' for key in keys),
          'yes' if test['flip_test'] else 'no'] for test in run['validations']])
    return (f'{run["epoch"]} epochs, {run["images"]:,} images, {run["hours"]:.1f} '
            'hours of one core.\n\n' + table)


def short_trials_table() -> str:
    """What settings gave in short trainings of equal CPU time."""
    rows = []
    for name, label in SHORT_TRIALS.items():
        run = read(f'trials/{name}.json')
        rows.append([
            f'[{label}](../results/trials/{name}.json)',
            f'{run["cpu_minutes"]:g}', f'{run["images"]:,}',
            *(f'{run["metrics"][f"coco/{key}"]:.3f}'
              for key in ('AP', 'AP .5', 'AR'))])
    return markdown(
        ['tried', 'CPU minutes', 'images', 'AP', 'AP50', 'AR'], rows)


def step_table() -> str:
    """Time of a training step as MMEngine makes it and as the recipe has it."""
    run = read('training/step_256.json')
    rows = []
    for precision in ('float32', 'bfloat16'):
        plain, fast = run[precision]['plain'], run[precision]['fast']
        rows.append([
            precision, f'{plain["ms_per_image"]:.1f}', f'{fast["ms_per_image"]:.1f}',
            f'{fast["ms_per_image"] / plain["ms_per_image"]:.2f}',
            f'{plain["gradient_error"]:.3f}', f'{fast["gradient_error"]:.3f}'])
    return markdown(
        [f'[crops of {run["input"][0]}, batches of {run["batch"]}]'
         '(../results/training/step_256.json)',
         'CPU ms an image, MMEngine', 'the recipe', 'ratio',
         'gradient error, MMEngine', 'the recipe'], rows)


def trials_table() -> str:
    """What each part of the training does on 16 photographs."""
    runs = {path.stem: json.loads(path.read_text())
            for path in RESULTS.glob('overfit/*.json')}
    seeds = next(iter(runs.values()))['seeds'] if runs else []
    ranked = sorted(runs.items(), key=lambda run: -sum(run[1]['AP']))
    return markdown(
        ['trial', *(f'seed {seed}' for seed in seeds)],
        [[f'[{name.replace("_", " ")}](../results/overfit/{name}.json)',
          *(f'{score:.3f}' for score in run['AP'])]
         for name, run in ranked])


def net_table() -> str:
    """The paper's accuracy of each net, and the command that trains it."""
    rows = []
    for name, said in read('quoted.json')['models'].items():
        accuracy = [quoted(said.get(key)) for key in (
            'coco_val_ap', 'coco_test_dev_ap', 'crowdpose_test_ap')]
        rows.append([f'[{name}](../configs/{name}.py)', *accuracy,
                     f'`tools/dist_train.sh configs/{name}.py 8`'])
    return markdown([
        'config', 'COCO val AP', 'COCO test-dev AP', 'CrowdPose AP',
        'command, 8 GPUs'
    ], rows)


def experiment_table(name: str) -> str:
    """A suite of experiments: in small, and in full where that was run."""
    from .. import FORMS, read_results, read_suites, suite_table
    suite = read_suites(ROOT)[name]
    parts = []
    for form in FORMS:
        if form == 'mini' or any(read_results(suite, form).values()):
            parts.append(suite_table(suite, form))
            plot = suite.result_folder(form) / 'plot.png'
            if plot.is_file():
                link = plot.relative_to(ROOT).as_posix()
                parts.append(f'![{suite.title}](../{link})')
    return '\n\n'.join(parts)


def benchmark_table(name: str, *args: str, file: str = 'benchmark') -> str:
    """A table of the benchmark; see ``projects.benchmark.tables``."""
    from projects.benchmark import tables
    return getattr(tables, f'{name}_table')(read(f'{file}.json'), *args)


def frontier_table(name: str, *, with_quoted: bool = False) -> str:
    """A table of the frontier; see ``projects.benchmark.frontier.tables``."""
    from projects.benchmark.frontier import tables
    quoted = [read('quoted.json')['frontier']] if with_quoted else []
    return getattr(tables, f'{name}_table')(read('frontier.json'), *quoted)


def frontier_summary(figures: str) -> str:
    """The plot, and two sentences."""
    from projects.benchmark.frontier.tables import sentences
    said = sentences(read('frontier.json'), read('quoted.json')['frontier'])
    return f'![AP against CPU time]({figures}/frontier.png)\n\n{said}'


def activation_table(name: str) -> str:
    """A table of ``projects.benchmark.tools.time_activations``."""
    from projects.benchmark import net_tables
    return getattr(net_tables, f'{name}_table')(read('activations.json'))


def export_form_table() -> str:
    """The table of ``projects.benchmark.tools.time_folded_shuffles``."""
    from projects.benchmark.net_tables import form_table
    return form_table(read('folded_shuffles.json'))


def draw_benchmark() -> None:
    """Draw the figure of docs/benchmark.md."""
    from projects.benchmark.plot import plot_benchmark
    plot_benchmark(read('benchmark.json'), ROOT / 'docs/figures/benchmark.png')
    print('drew docs/figures/benchmark.png')


def draw_frontier() -> None:
    """Draw the figures of the frontier."""
    from projects.benchmark.frontier.plot import plot_frontier, plot_people
    result, figures = read('frontier.json'), ROOT / 'docs/figures'
    plot_frontier(result, read('quoted.json')['frontier'], figures / 'frontier.png')
    plot_people(result, figures / 'frontier_people.png')
    print('drew docs/figures/frontier.png and frontier_people.png')


BENCHMARK = {
    'benchmark': ('overview', ),
    'benchmark-ncnn': ('stage', 'ncnn'),
    'benchmark-onnxruntime': ('stage', 'onnxruntime'),
    'benchmark-openvino': ('stage', 'openvino'),
    'benchmark-torch': ('stage', 'torch'),
    'benchmark-failures': ('failure', ),
    'benchmark-settings': ('setting', ),
}


def deployed_table() -> str:
    """AP of deployed nets on each runtime, against torch."""
    rows = []
    for path in sorted((RESULTS / 'deploy').glob('ap_*.json')):
        report = json.loads(path.read_text())
        for name, run in report['runs'].items():
            difference = run.get('difference')
            rows.append([
                report['config'].removesuffix('.py'),
                f'{report["input"][0]} px, {report["images"]} images', name,
                f'{run["metrics"]["coco/AP"]:.4f}',
                NONE if difference is None else f'{difference:+.4f}'
            ])
    return markdown(['net', 'tested on', 'runtime', 'AP', 'against torch'], rows)


def decoding_table() -> str:
    """Time of decoding and suppression beside the net's."""
    from projects.benchmark.frontier.tables import find
    result, rows = read('frontier.json'), []
    for runtime in ('ncnn', 'onnxruntime', 'openvino'):
        record = find(result, 'sasd_xs', 512, runtime)
        net, decode = (record['cpu_ms'][stage]['median']
                       for stage in ('net', 'decode'))
        rows.append([record['weights'], runtime, f'{net:.1f}', f'{decode:.2f}',
                     f'{decode / net:.1%}'])
    return markdown(
        ['weights', 'runtime', 'net, CPU ms', 'decoding, CPU ms', 'of the net'], rows)


def level_table() -> str:
    """Each level of each twin alone, at several input sizes."""
    parts = []
    for path in sorted((RESULTS / 'levels').glob('*.json')):
        report = json.loads(path.read_text())
        entries = report['levels']
        rows = [[f'AP of {name}', *(f'{e["ap"][name]:.4f}' for e in entries)]
                for name in entries[0]['ap']]
        rows += [[f'detections of {name}',
                  *(f'{e["shares"][name]:.0%}' for e in entries)]
                 for name in entries[0]['shares']]
        pulls = ', '.join(
            f'{name.replace("loss_", "")} {share:.1%}'
            for name, share in report['gradient_shares'].items())
        image = path.with_suffix('.png').relative_to(ROOT).as_posix()
        parts += [
            markdown([f'{path.stem}, base input in pixels',
                      *(str(e['size']) for e in entries)], rows),
            f'{entries[0]["images"]} images, without flip test. Share of '
            f'the gradient at the neck: {pulls}.',
            f'![levels of {path.stem}](../{image})']
    return '\n\n'.join(parts)


def tracking_table() -> str:
    """How well identities last, on drawn videos."""
    run = read('tracking.json')
    return markdown(
        [f'{run["videos"]} videos of {run["frames"]} frames', 'IDF1', 'switches'],
        [[name, f'{scores["idf1"]:.3f}', str(scores['switches'])]
         for name, scores in run['tracking'].items()])


def smoothing_table() -> str:
    """How steady keypoints are, on the same videos."""
    return markdown(
        ['pixels', 'error', 'jitter'],
        [[name, f'{scores["error"]:.2f}', f'{scores["jitter"]:.2f}']
         for name, scores in read('tracking.json')['smoothing'].items()])


def video_table() -> str:
    """Time of a video over the net's own."""
    run = read('video.json')
    return markdown(
        [f'{run["video"]}, {run["runtime"]}, cores: {run["cores"]}', 'ratio'],
        [[name.partition(' / ')[0].replace('_', ' '), f'{ratio:.3f}']
         for name, ratio in run['ratios'].items()])


TABLES: dict[str, Callable[[], str]] = dict(
    status=status_line, overview=overview_table,
    models=model_table, demo=demo_table, runs=run_table, trials=trials_table,
    nets=net_table, deployed=deployed_table, decoding=decoding_table,
    levels=level_table, tracking=tracking_table, smoothing=smoothing_table,
    video=video_table, short_trials=short_trials_table, long_run=long_run_table,
    step=step_table,
    frontier=partial(frontier_table, 'frontier', with_quoted=True),
    activations=partial(activation_table, 'time'),
    export_form=export_form_table,
    **{f'frontier-{name}': partial(frontier_table, table) for name, table in (
        ('people', 'people'), ('ratios', 'ratio'), ('missing', 'missing'),
        ('settings', 'setting'))},
    **{'frontier-summary': partial(frontier_summary, 'docs/figures'),
       'frontier-summary-docs': partial(frontier_summary, 'figures'),
       'activations-profile': partial(activation_table, 'profile')},
    **{name: partial(experiment_table, name) for name in SUITES},
    **{name: partial(benchmark_table, *args)
       for name, args in BENCHMARK.items()},
    **{f'benchmark-ratios{suffix}': partial(
        benchmark_table, *args, file='benchmark_ratios')
       for suffix, args in (('', ('ratio', 'ncnn')),
                            ('-settings', ('setting', )))})


def fill(text: str) -> str:
    """Replace the tables of a document.

    Args:
        text (str): The document.

    Returns:
        str: The document with every table made anew.
    """
    return fill_tables(text, TABLES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--measure', action='store_true',
        help='count the sizes of the nets anew')
    parser.add_argument(
        '--figures', action='store_true',
        help="draw the benchmark's figures anew, too")
    args = parser.parse_args()
    if args.measure:
        measure_models()
    if args.figures:
        draw_benchmark()
        draw_frontier()
    for name in documents():
        path = ROOT / name
        path.write_text(fill(path.read_text()))
        print(f'wrote the tables of {name}')


if __name__ == '__main__':
    install_excepthook()
    main()
