#!/usr/bin/env bash
# The trials of docs/paper_notes.md on what lets a net learn from few steps:
# each trains XS on 16 photographs and writes results/overfit/NAME.json.
# Usage: projects/paper_tables/tools/overfit_trials.sh [NAME ...]   (all of them by default)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

criterion=model.head.criterion
sgd=(optim_wrapper.optimizer.type=SGD optim_wrapper.optimizer.lr=0.01
     optim_wrapper.optimizer.momentum=0.937 optim_wrapper.optimizer.nesterov=True
     optim_wrapper.optimizer.weight_decay=0.0005)

declare -A trials=(
  [default]=""
  [distance_third]="$criterion.loss_distance.loss_weight=0.33"
  [distance_triple]="$criterion.loss_distance.loss_weight=3.0"
  [no_distance]="$criterion.loss_distance=None"
  [no_distance_no_mean_pose]="$criterion.loss_distance=None model.head.mean_pose=None"
  [no_mean_pose]="model.head.mean_pose=None"
  [no_skeleton]="$criterion.loss_skeleton=None"
  [no_distance_no_skeleton]="$criterion.loss_distance=None $criterion.loss_skeleton=None"
  [muon]="optim_wrapper.optimizer.type=MuonAdamW"
  [oks_triple]="$criterion.loss_oks.loss_weight=0.3"
  [sgd]="${sgd[*]} optim_wrapper.clip_grad=None"
  [sgd_clipped]="${sgd[*]} optim_wrapper.clip_grad.max_norm=10"
)

(( $# )) || set -- "${!trials[@]}"
for name in "$@"; do
  if [[ -z ${trials[$name]+set} ]]; then
    echo "error: no trial $name; there are: ${!trials[*]}" >&2
    exit 1
  fi
  read -ra options <<< "${trials[$name]}"
  "${PYTHON:-python}" projects/paper_tables/tools/overfit.py configs/sasd_xs_coco_mini.py \
    --steps 300 --seeds 0 1 --out "results/overfit/$name.json" \
    ${options[@]+--cfg-options "${options[@]}"}
done
