//! Kills at random moments of a training.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use attune_engine::AdapterFolder;

use super::{child_of, end};
use crate::api::small_source;
use crate::support::Home;

const KILLS: u32 = 50;

#[test]
fn fifty_random_kills_leave_a_valid_latest_and_no_running_row() {
    let home = Home::new();
    let source = small_source(&home);
    let latest = home.path("out/latest");
    let train = ["train", "--db-path", &source, "--output-dir", "out", "--epochs", "1", "--batch-size", "4"];
    let began = Instant::now();
    let whole = home.run(train);
    assert_eq!(whole.code, Some(0), "{whole:?}");
    let duration = began.elapsed();
    let mut newest = AdapterFolder::open(&latest).unwrap().record().clone();

    let mut random = Random(0x5eed);
    let mut killed_at_work = 0;
    for kill in 0..KILLS {
        let moment = duration.mul_f64(1.1 * random.share());
        let attune = home.start(train);
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
        killed_at_work += u32::from(finished.code != Some(0));
        let found = AdapterFolder::open(&latest)
            .unwrap_or_else(|error| panic!("after kill {kill} at {moment:?}: {error}; {finished:?}"));
        if finished.code == Some(0) {
            assert_ne!(found.record(), &newest, "a run that ended well moves latest");
        }
        newest = found.record().clone();
    }
    assert!(killed_at_work >= KILLS / 2, "most kills must hit something: {killed_at_work}");

    assert_eq!(workers_of(&home), Vec::<String>::new(), "a worker ends with its owner");

    // The next owner finds no row running and trains as if nothing had happened.
    let next = home.run(train);
    assert_eq!(next.code, Some(0), "{next:?}");
    let database = rusqlite::Connection::open(home.data().join("attune.db")).unwrap();
    let running: u32 = database
        .query_row("SELECT count(*) FROM runs WHERE status = 'running'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(running, 0);
    let interrupted: u32 = database
        .query_row("SELECT count(*) FROM runs WHERE status = 'interrupted'", [], |row| row.get(0))
        .unwrap();
    assert!(interrupted > 0, "some owner died while its run was running");
}

/// Waits for the workers of this person to end, and names those that do not.
fn workers_of(home: &Home) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(20);
    let folder = home.data().to_string_lossy().into_owned();
    loop {
        let workers: Vec<String> = std::fs::read_dir("/proc")
            .expect("Linux shows its processes")
            .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("cmdline")).ok())
            .filter(|command| command.contains("worker") && command.contains(&folder))
            .collect();
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
