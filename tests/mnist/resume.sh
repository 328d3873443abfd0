#!/bin/bash
# usage: resume.sh MNIST FOLDER: trainings that signals end, and that go on, leave the files of one that ran through.
set -euo pipefail
mnist=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

fail() {
  echo "$1" >&2
  exit 1
}

# train NAME OPTION...: 50 epochs, in which there is time for a signal. With run=exec in place of the shell, which then
# gets the signal.
train() { ${run-} "$mnist" --hidden 32 --epochs "${epochs-50}" --evaluate-every 500 --save "$1.safetensors" --log "$1.jsonl" "${@:2}"; }

without_times() { sed -E 's/,"seconds":[^}]*//' "$1.jsonl"; }

# stop NAME SIGNAL: starts a training, or goes on with it, and sends the signal when there is a new checkpoint.
stop() {
  local pid status=0 before
  before=$(ls "$1-run/batch-42" 2>/dev/null | grep -v lock || true)
  run=exec train "$1" --checkpoint "$1-run" "${@:3}" >"$1.txt" 2>&1 &
  pid=$!
  while [[ $(ls "$1-run/batch-42" 2>/dev/null | grep -v lock || true) == "$before" ]]; do
    kill -0 $pid 2>/dev/null || fail "ended too early: $(cat "$1.txt")"
    sleep 0.01
  done
  kill "-$2" $pid
  wait $pid || status=$?
  echo $status
}

train whole >/dev/null
for signal in TERM HUP KILL; do  # not INT, which background jobs of a shell ignore
  number=$(kill -l $signal)
  status=$(stop $signal $signal)
  ((status == 128 + number)) || fail "$signal: expected exit code $((128 + number)), got $status"
  status=$(stop $signal $signal --resume)
  ((status == 128 + number)) || fail "$signal: expected exit code $((128 + number)) when it goes on, got $status"
  grep -q "^resumed from $signal-run/batch-42/checkpoint-" $signal.txt || fail "$signal: $(cat $signal.txt)"
  if [[ $signal != KILL ]]; then
    grep -q '^the same command with --resume goes on from here$' $signal.txt || fail "$signal: $(cat $signal.txt)"
  fi
  train $signal --checkpoint $signal-run --resume --threads 1 >/dev/null
  cmp whole.safetensors $signal.safetensors
  diff <(without_times whole) <(without_times $signal)
done

# An earlier run is not overwritten, and a folder is used by one run at a time.
if train again --checkpoint KILL-run >again.txt 2>&1; then fail "took a folder with checkpoints"; fi
grep -q "KILL-run/batch-42: expected a folder without checkpoints, got 3 of an earlier run" again.txt || fail "$(cat again.txt)"
epochs=2000 run=exec train first --checkpoint two >first.txt 2>&1 &
pid=$!
until [[ -n $(ls two/batch-42 2>/dev/null | grep checkpoint) ]]; do
  kill -0 $pid 2>/dev/null || fail "ended too early: $(cat first.txt)"
  sleep 0.01
done
if train second --checkpoint two --resume >second.txt 2>&1; then fail "two runs in one folder"; fi
grep -q "two/batch-42: expected a folder that no other run uses, got one of process $pid on" second.txt || fail "$(cat second.txt)"
kill $pid
wait $pid || true
[[ ! -e two/batch-42/.lock ]] || fail "a lock is left"
