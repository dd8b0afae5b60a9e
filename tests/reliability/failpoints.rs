//! Every moment between two steps of a durable change: the process dies there, or the disk is full.
//!
//! The program under test is built with places to fail at (decision 13); `FAILPOINTS` in its environment arms them.

use super::tiny::Tiny;
use crate::support::Finished;

const WRITING: [&str; 5] =
    ["write::begun", "write::created", "write::written", "write::synced", "write::renamed"];
const MOVING: [&str; 3] = ["latest::verified", "latest::linked", "latest::renamed"];
const STORING: [&str; 3] = ["store::begun", "store::changed", "store::committed"];
/// What the owner writes for a run.
const OF_THE_OWNER: [&str; 2] = ["dataset.jsonl", "job.json"];
/// What its worker writes: the first, the adapter itself, and the record that makes it complete.
const OF_THE_WORKER: [&str; 3] = ["adapter_config.json", "adapter_model.safetensors", "training_run.json"];

/// Trains once while `order` holds at `step` for the paths that contain `place`.
fn train_with(tiny: &Tiny, name: &str, step: &str, order: &str, place: &str) -> Finished {
    let mut command = tiny.home.command(tiny.training(name, &tiny.output()));
    command.env("FAILPOINTS", format!("{step}=return({order} {place})"));
    tiny.home.start_as(command).wait()
}

/// What holds after any fault: `latest` verifies, and the next training works and leaves nothing behind.
fn must_have_survived(tiny: &Tiny, case: &str, number: usize) {
    tiny.latest(case);
    let next = format!("after_{number}");
    tiny.must_train(&next);
    assert_eq!(tiny.latest(case), next);
    let rows = tiny.rows();
    let open: Vec<_> = rows.iter().filter(|(_, status)| status == "running" || status == "queued").collect();
    assert!(open.is_empty(), "after {case}: {open:?}");
    tiny.must_hold_nothing_left_over(case);
}

#[test]
fn an_owner_killed_between_two_steps_leaves_whole_files_and_a_valid_latest() {
    let tiny = Tiny::new();
    tiny.must_train("first");
    let writes = OF_THE_OWNER.iter().flat_map(|file| WRITING.map(|step| (step, *file)));
    let cases =
        writes.chain(MOVING.map(|step| (step, "latest"))).chain(STORING.map(|step| (step, "attune.db")));
    for (number, (step, place)) in cases.enumerate() {
        let (case, name) = (format!("a kill at {step} of {place}"), format!("kill_{number}"));
        let killed = train_with(&tiny, &name, step, "kill", place);
        assert_eq!(killed.code, None, "{case} hits nothing: {killed:?}");
        must_have_survived(&tiny, &case, number);
        let row = tiny.rows().into_iter().find(|(run, _)| *run == name).map(|(_, status)| status);
        let expected = match (step, place) {
            // What was not promised yet is not there.
            (_, "dataset.jsonl") | ("store::begun" | "store::changed", _) => None,
            // What waits in the queue is worked off by the next owner.
            ("store::committed", _) => Some("completed"),
            _ => Some("interrupted"),
        };
        assert_eq!(row.as_deref(), expected, "{case}");
    }
}

#[test]
fn a_worker_killed_between_two_steps_of_a_write_is_a_failed_run_that_says_so() {
    let tiny = Tiny::new();
    tiny.must_train("first");
    let cases = OF_THE_WORKER.iter().flat_map(|file| WRITING.map(|step| (step, *file)));
    for (number, (step, place)) in cases.enumerate() {
        let (case, name) = (format!("a kill at {step} of {place}"), format!("kill_{number}"));
        let failed = train_with(&tiny, &name, step, "kill", place);
        assert!(failed.stderr.contains("ended unexpectedly (signal: 9 (SIGKILL))"), "{case}: {failed:?}");
        assert!(tiny.rows().contains(&(name, "failed".to_owned())), "{case}: {:?}", tiny.rows());
        tiny.must_hold_nothing_left_over(&case);
        must_have_survived(&tiny, &case, number);
    }
}

#[test]
fn a_disk_that_is_full_between_two_steps_fails_the_run_with_the_path_and_a_way_out() {
    let tiny = Tiny::new();
    tiny.must_train("first");
    let files = OF_THE_OWNER.iter().chain(&OF_THE_WORKER);
    let writes = files.flat_map(|file| WRITING.map(|step| (step, *file)));
    let cases =
        writes.chain(MOVING.map(|step| (step, "latest"))).chain(STORING.map(|step| (step, "attune.db")));
    for (number, (step, place)) in cases.enumerate() {
        let (case, name) = (format!("a full disk at {step} of {place}"), format!("full_{number}"));
        let failed = train_with(&tiny, &name, step, "full", place);
        assert_ne!(failed.code, Some(0), "{case}: {failed:?}");
        for words in ["could not write", place, "no storage space", "Check that the disk has room"] {
            assert!(failed.stderr.contains(words), "{case} does not say {words:?}: {}", failed.stderr);
        }
        tiny.must_hold_nothing_left_over(&case);
        must_have_survived(&tiny, &case, number);
    }
}
