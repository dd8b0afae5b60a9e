//! A disk that runs full, or that nobody may write on, at each place that a training writes to.

use std::path::PathBuf;

use super::tiny::{self, Tiny};
use crate::support::{Finished, SmallDisk};

/// Room for a data folder, of which the database takes most, and for a few runs.
const KIBIBYTES: u32 = 2048;

/// What lies on the small disk; the rest lies beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnIt {
    Data,
    Output,
    Both,
}

/// A person with a small disk, and a first good run.
struct Cramped {
    tiny: Tiny,
    disk: SmallDisk,
    on_it: OnIt,
}

impl Cramped {
    /// `None` where no disk can be mounted.
    fn new(on_it: OnIt) -> Option<Self> {
        let tiny = Tiny::new();
        let disk = SmallDisk::new(&tiny.home, KIBIBYTES)?;
        let person = Self { tiny, disk, on_it };
        person.must_train("first");
        Some(person)
    }

    fn train(&self, name: &str) -> Finished {
        let output = match self.on_it {
            OnIt::Data => self.tiny.output(),
            OnIt::Output | OnIt::Both => self.disk.path("out"),
        };
        let mut command = self.tiny.home.command(self.tiny.training(name, &output));
        if self.on_it != OnIt::Output {
            command.env("ATTUNE_DATA_DIR", self.disk.path("data"));
        }
        self.tiny.home.start_as(self.disk.command(&command)).wait()
    }

    fn must_train(&self, name: &str) {
        let trained = self.train(name);
        assert_eq!(trained.code, Some(0), "{name}: {trained:?}");
        assert_eq!(self.latest(), name);
    }

    /// A training that cannot be done says each of these words, and has not touched what was there.
    fn must_fail(&self, name: &str, words: &[&str]) {
        let before = self.latest();
        let failed = self.train(name);
        assert!(failed.code.is_some_and(|code| code != 0), "{name}: {failed:?}");
        for words in words {
            assert!(failed.stderr.contains(words), "{name} does not say {words:?}: {}", failed.stderr);
        }
        assert_eq!(self.latest(), before, "{name}");
    }

    fn latest(&self) -> String {
        let output = if self.on_it == OnIt::Data { self.tiny.output() } else { self.disk.copied("out") };
        tiny::latest(&output, "a fault of the disk")
    }

    fn data(&self) -> PathBuf {
        if self.on_it == OnIt::Output { self.tiny.home.data() } else { self.disk.copied("data") }
    }

    fn status(&self, name: &str) -> Option<String> {
        tiny::rows(&self.data()).into_iter().find(|(run, _)| run == name).map(|(_, status)| status)
    }
}

#[test]
fn a_full_disk_under_the_data_folder_refuses_a_run_and_loses_nothing() {
    let Some(person) = Cramped::new(OnIt::Data) else { return };
    // Full to the last page, then with room for a part of what is to be written there.
    for (pages, name) in [(0, "none"), (1, "one"), (2, "two"), (4, "four"), (8, "eight")] {
        person.disk.fill_but(pages);
        person.must_fail(name, &["room"]);
        person.disk.free();
        person.must_train(&format!("after_{name}"));
        assert_eq!(person.status("first").as_deref(), Some("completed"));
    }
}

#[test]
fn a_full_disk_under_the_output_folder_fails_the_run_with_the_file_and_a_way_out() {
    let Some(person) = Cramped::new(OnIt::Output) else { return };
    let files = ["metrics.jsonl", "tokenizer.json", "adapter_model.safetensors", "training_run.json"];
    let mut failed_at = std::collections::BTreeSet::new();
    // Each file takes a page or two, so the room ends at one after the other.
    for pages in 0..8 {
        let name = format!("with_{pages}_pages");
        person.disk.fill_but(pages);
        let ended = person.train(&name);
        if ended.code != Some(0) {
            for words in ["could not write", "No space left on device", "Check that the disk has room"] {
                assert!(ended.stderr.contains(words), "{name} does not say {words:?}: {}", ended.stderr);
            }
            failed_at.extend(files.iter().filter(|file| ended.stderr.contains(*file)));
            assert_eq!(person.status(&name).as_deref(), Some("failed"));
            assert_ne!(person.latest(), name);
        }
        person.disk.free();
        person.must_train(&format!("after_{name}"));
    }
    assert_eq!(failed_at, files.iter().collect(), "the room must end at each of them");
}

#[test]
fn a_full_disk_under_both_folders_ends_the_run_and_the_next_owner_knows_its_row() {
    let Some(person) = Cramped::new(OnIt::Both) else { return };
    for pages in 0..24 {
        let name = format!("with_{pages}_pages");
        person.disk.fill_but(pages);
        let before = person.latest();
        let ended = person.train(&name);
        if ended.code == Some(0) {
            assert_eq!(person.latest(), name, "{ended:?}");
        } else {
            assert!(ended.code.is_some(), "{name}: {ended:?}");
            assert!(ended.stderr.contains("room"), "{name} says no way out: {}", ended.stderr);
            assert_eq!(person.latest(), before, "{name}");
        }
        person.disk.free();
        person.must_train(&format!("after_{name}"));
        let status = person.status(&name);
        assert!(!matches!(status.as_deref(), Some("running" | "queued")), "{name}: {status:?}");
    }
}

#[test]
fn a_folder_that_nobody_may_write_in_is_named_before_there_is_a_row() {
    for (on_it, words) in [
        (OnIt::Output, "could not write to the output folder"),
        (OnIt::Data, "could not use the data folder"),
    ] {
        let Some(person) = Cramped::new(on_it) else { return };
        person.disk.protect(true);
        let folder = person.disk.path("");
        let folder = folder.to_str().expect("test folders have plain names");
        person.must_fail("refused", &[words, folder, "Read-only file system"]);
        person.disk.protect(false);
        assert_eq!(person.status("refused"), None);
        person.must_train("after");
    }
}

/// Where nobody may mount, the largest size of a file takes the place of the disk's. The signal that tells of it
/// would end the program, as no disk does, so it is ignored.
#[test]
fn a_file_that_may_not_grow_any_more_ends_the_run_with_a_reason_and_damages_nothing() {
    let tiny = Tiny::new();
    tiny.must_train("first");
    // The database needs up to 128 blocks of 512 bytes; this adapter needs many more, and so does a checkpoint of it.
    let large = ["--method", "lora", "--lora-rank", "64", "--lora-targets", "q,k,v,o,wi_0,wi_1,wo"];
    for (blocks, name, words) in
        [(1, "log", "room"), (16, "database", "room"), (128, "weights", "checkpoint")]
    {
        let whole = tiny.home.command(tiny.training(name, &tiny.output()));
        let script = format!("trap '' XFSZ && ulimit -f {blocks} && exec \"$0\" \"$@\"");
        let mut limited = tiny.home.command_of("sh", ["-c", &script]);
        limited.arg(whole.get_program()).args(whole.get_args()).args(large);
        let failed = tiny.home.start_as(limited).wait();
        assert!(failed.code.is_some_and(|code| code != 0), "{name}: {failed:?}");
        assert!(failed.stderr.contains(words), "{name} does not say {words:?}: {}", failed.stderr);
        assert!(failed.stderr.contains("room"), "{name} says no way out: {}", failed.stderr);
        tiny.latest(name);
        tiny.must_train(&format!("after_{name}"));
    }
}
