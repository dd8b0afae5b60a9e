//! A thousand kills at random moments of training and saving.

use std::collections::HashSet;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::tiny::Tiny;
use super::{child_of, end};
use crate::support::Home;

const KILLS: u32 = 1000;
/// Each has a home of its own and does its share of the kills, so that one waits while another computes.
const PEOPLE: u32 = 8;
const SEED: u64 = 0x5eed;

/// Each step of a write takes so much longer in two of three runs that most of their kills hit a write.
const SLOW_WRITES: &str = "write::created=sleep(4);write::written=sleep(4);write::synced=sleep(4);\
    write::renamed=sleep(4);latest::verified=sleep(8);latest::linked=sleep(8);latest::renamed=sleep(8)";

#[test]
fn a_thousand_random_kills_leave_a_valid_latest_and_lose_no_row() {
    let counted: Vec<Counted> = std::thread::scope(|scope| {
        let people: Vec<_> =
            (0..PEOPLE).map(|person| scope.spawn(move || kill_again_and_again(person))).collect();
        people.into_iter().map(|person| person.join().expect("no kill may break anything")).collect()
    });
    let [at_work, while_saving, resumed] = counted
        .iter()
        .fold([0; 3], |sum, one| [sum[0] + one.at_work, sum[1] + one.while_saving, sum[2] + one.resumed]);
    println!("{KILLS} kills: {at_work} while something ran, {while_saving} of them while it saved");
    println!("{resumed} of {PEOPLE} people had a run to go on from");
    assert!(resumed > 0, "some killed run must have left a checkpoint");
    assert!(at_work >= KILLS / 2, "most kills must hit something: {at_work}");
    assert!(while_saving >= KILLS / 20, "many kills must hit a save: {while_saving}");
}

/// What the kills of one person hit.
struct Counted {
    at_work: u32,
    while_saving: u32,
    resumed: u32,
}

fn kill_again_and_again(person: u32) -> Counted {
    let tiny = Tiny::new();
    let durations = [None, Some(SLOW_WRITES)].map(|slowly| {
        let began = Instant::now();
        let whole =
            tiny.home.start_as(training(&tiny, &format!("whole_{}", slowly.is_some()), slowly)).wait();
        assert_eq!(whole.code, Some(0), "{whole:?}");
        began.elapsed()
    });
    let mut random = Random(SEED + u64::from(person));
    let mut counted = Counted { at_work: 0, while_saving: 0, resumed: 0 };
    let mut promised = HashSet::new();
    for kill in 0..KILLS / PEOPLE {
        let slow = kill % 3 != 0;
        // A slow run mostly saves in its second half.
        let share = if slow { 0.5 + 0.6 * random.share() } else { 1.1 * random.share() };
        let moment = durations[usize::from(slow)].mul_f64(share);
        let case = format!("kill {kill} of person {person} (seed {SEED:#x}) at {moment:?}");
        let name = format!("kill_{kill}");
        let attune = tiny.home.start_as(training(&tiny, &name, slow.then_some(SLOW_WRITES)));
        pass(moment);
        // Every other time the worker is the victim, and its owner lives to tell.
        let victim = if kill % 2 == 0 { None } else { child_of(attune.process_id()) };
        let finished = match victim {
            Some(worker) => {
                end(worker);
                attune.wait()
            }
            None => attune.kill(),
        };
        // Whoever has seen a phase of a run was promised its row.
        if finished.stderr.contains("loading the base model") {
            promised.insert(name.clone());
        }
        let latest = tiny.latest(&case);
        if finished.code == Some(0) {
            assert_eq!(latest, name, "a run that ended well moves latest: {case}");
        } else {
            counted.at_work += 1;
            counted.while_saving += u32::from(finished.stderr.contains("saving the adapter"));
        }
    }
    assert_eq!(workers_left_of(&tiny.home), Vec::<u32>::new(), "a worker ends with its owner");

    // What was killed after a checkpoint goes on to the adapter that it would have become.
    if let Some(name) = tiny.resumable().pop() {
        let resumed = tiny.home.run(["train", "--resume-from", &name]);
        assert_eq!(resumed.code, Some(0), "{name}: {resumed:?}");
        counted.resumed += 1;
        let weights = |run: &str| std::fs::read(tiny.output().join(run).join("adapter_model.safetensors"));
        let resumed = weights(&tiny.latest(&format!("going on from {name}"))).expect("the resumed adapter");
        assert!(resumed == weights("whole_false").expect("a whole run's adapter"), "{name} became another");
    }
    // The next owner trains as if nothing had happened, and leaves no row open and nothing half written.
    tiny.must_train("last");
    tiny.must_hold_nothing_left_over("all kills");
    let rows = tiny.rows();
    let open: Vec<_> = rows.iter().filter(|(_, status)| status == "running" || status == "queued").collect();
    assert!(open.is_empty(), "{open:?}");
    assert!(
        rows.iter().any(|(_, status)| status == "interrupted"),
        "some owner died while its run was running"
    );
    let kept: HashSet<String> = rows.into_iter().map(|(run, _)| run).collect();
    let lost: Vec<_> = promised.difference(&kept).collect();
    assert!(lost.is_empty(), "rows of runs that somebody saw: {lost:?}");
    let strays = std::fs::read_dir(tiny.output()).expect("an output folder");
    let strays: Vec<String> = strays
        .map(|entry| entry.expect("a listed folder").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "latest" && !kept.contains(name))
        .collect();
    assert!(strays.is_empty(), "folders without a row: {strays:?}");
    counted
}

fn training(tiny: &Tiny, name: &str, failpoints: Option<&str>) -> Command {
    let mut command = tiny.home.command(tiny.training(name, &tiny.output()));
    command.env("FAILPOINTS", failpoints.unwrap_or_default());
    command
}

/// Waits for the workers of this person to end, and names those that do not.
fn workers_left_of(home: &Home) -> Vec<u32> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let workers = home.workers();
        if workers.is_empty() || Instant::now() > end {
            return workers;
        }
        pass(Duration::from_millis(50));
    }
}

/// Lets time pass. There is no event to wait for: a random moment is the point.
fn pass(time: Duration) {
    let (_keep, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(time);
}

/// Numbers that look random and are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
