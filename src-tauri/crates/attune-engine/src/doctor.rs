//! A look at everything that a training needs from this computer, without changing anything.
//!
//! It works where nothing else does: the data folder need not be owned, nor usable.
//! Invariant: a check that cannot be made is a finding, never an error of the doctor.

use std::path::Path;

use attune_tuning::{Choice, chosen, chosen_for_int8};
use sysinfo::{Disks, MemoryRefreshKind, RefreshKind, System};

use crate::environment::KERNEL;
use crate::settings::{CommandLine, Layers, surroundings};
use crate::sources::foreign_database::ForeignDatabase;
use crate::store::VERSION;
use crate::{Bases, DataFolder, Environment};

/// A fresh flan-t5-small, a run and its checkpoints fit into this.
const ENOUGH_DISK: u64 = 2 << 30;
/// Training a base of 77 M parameters in f32 takes half a gigabyte; window and answers want some beside it.
const ENOUGH_MEMORY: u64 = 1 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Works, but not as well as it could.
    Warning,
    /// Attune cannot work so.
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub check: &'static str,
    pub verdict: Verdict,
    pub found: String,
    /// What to do about it; absent where nothing needs doing.
    pub advice: Option<&'static str>,
}

/// Looks at the data folder, its database and disk, the memory, the processor, the base models and the environment.
pub fn examine(folder: &DataFolder, environment: &Environment, bases: &Bases) -> Vec<Finding> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
    vec![
        data_folder(folder.path()),
        database(&folder.database()),
        disk(folder.path()),
        memory_of(System::new_with_specifics(memory).ok()),
        processor(),
        base_models(bases),
        variables(folder, environment),
    ]
}

fn data_folder(path: &Path) -> Finding {
    let check = "data folder";
    let shown = path.display();
    if !path.exists() {
        let found = format!("{shown} does not exist yet; the first start makes it");
        return Finding { check, verdict: Verdict::Good, found, advice: None };
    }
    match tempfile::tempfile_in(path) {
        Ok(_) => Finding { check, verdict: Verdict::Good, found: shown.to_string(), advice: None },
        Err(error) => Finding {
            check,
            verdict: Verdict::Failure,
            found: format!("{shown} cannot be written: {error}"),
            advice: Some("Check its rights and its disk, or choose another folder with --data-dir."),
        },
    }
}

fn database(path: &Path) -> Finding {
    let check = "database";
    if !path.exists() {
        let found = "there is none yet".to_owned();
        return Finding { check, verdict: Verdict::Good, found, advice: None };
    }
    let failure = |found, advice| Finding { check, verdict: Verdict::Failure, found, advice: Some(advice) };
    let looked = ForeignDatabase::open(path).and_then(|database| {
        let connection = &database.connection;
        let look = || -> rusqlite::Result<(String, usize)> {
            let sound = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok((sound, version as usize))
        };
        look().map_err(|error| database.explain(error))
    });
    match looked {
        Ok((sound, version)) if sound == "ok" && version <= VERSION => {
            let found = format!("sound, version {version} of {VERSION}");
            Finding { check, verdict: Verdict::Good, found, advice: None }
        }
        Ok((sound, version)) if sound == "ok" => failure(
            format!("{} has version {version}, this Attune knows {VERSION}", path.display()),
            "Install the newer Attune again, or choose another folder with --data-dir.",
        ),
        Ok((damage, _)) => failure(
            format!("{} is damaged: {damage}", path.display()),
            "Restore it from a backup beside it (attune.before-….db), or move it away to begin anew.",
        ),
        Err(error) => failure(
            error.to_string(),
            "Restore it from a backup beside it (attune.before-….db), or move it away to begin anew.",
        ),
    }
}

fn disk(folder: &Path) -> Finding {
    let check = "disk";
    let disks = Disks::new_with_refreshed_list();
    let of_folder = disks
        .iter()
        .flat_map(|disks| disks.iter())
        .filter(|disk| folder.starts_with(disk.mount_point()))
        .max_by_key(|disk| disk.mount_point().as_os_str().len());
    let Some(disk) = of_folder else { return unknown(check) };
    let free = disk.available_space();
    let found = format!("{} free on {}", gibibytes(free), disk.mount_point().display());
    let low = free < ENOUGH_DISK;
    Finding {
        check,
        verdict: if low { Verdict::Warning } else { Verdict::Good },
        found,
        advice: low.then_some("Free some space: a larger base model and its runs need about 2 GiB."),
    }
}

/// Memory that programs can have without others giving theirs up; none where the system does not say.
pub(crate) fn free_memory() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    System::new_with_specifics(memory).ok().map(|system| system.available_memory())
}

fn memory_of(system: Option<System>) -> Finding {
    let Some(system) = system else { return unknown("memory") };
    let available = system.available_memory();
    let low = available < ENOUGH_MEMORY;
    Finding {
        check: "memory",
        verdict: if low { Verdict::Warning } else { Verdict::Good },
        found: format!("{} available of {}", gibibytes(available), gibibytes(system.total_memory())),
        advice: low
            .then_some("Close other programs before training a larger base; attune-mini needs far less."),
    }
}

fn unknown(check: &'static str) -> Finding {
    let found = "the system does not tell".to_owned();
    Finding { check, verdict: Verdict::Warning, found, advice: None }
}

fn processor() -> Finding {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let features = processor_features();
    let slow = cfg!(target_arch = "x86_64") && !features.contains(&"avx2");
    let Choice { kernel, f32_kernel, why, limit } = chosen();
    let limited = limit.map_or(String::new(), |limit| format!("; {KERNEL} allows none better than {limit}"));
    Finding {
        check: "processor",
        verdict: if slow { Verdict::Warning } else { Verdict::Good },
        found: format!(
            "{threads} threads, {}; the fastest that can be used is {kernel}: {why}; f32 is computed by \
             {f32_kernel}, answers in int8 by {}{limited}",
            if features.is_empty() { "plain".into() } else { features.join(" ") },
            chosen_for_int8().instructions,
        ),
        advice: slow.then_some("Without AVX2 training works, several times slower."),
    }
}

fn processor_features() -> Vec<&'static str> {
    let mut features = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx2", is_x86_feature_detected!("avx2")),
            ("fma", is_x86_feature_detected!("fma")),
            ("avx512f", is_x86_feature_detected!("avx512f")),
            ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
        ];
        features.extend(known.iter().filter(|(_, present)| *present).map(|(name, _)| *name));
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("neon") {
        features.push("neon");
    }
    features
}

fn base_models(bases: &Bases) -> Finding {
    let names: Vec<String> = bases.all().into_iter().map(|base| base.name).collect();
    let none = names.is_empty();
    Finding {
        check: "base models",
        verdict: if none { Verdict::Failure } else { Verdict::Good },
        found: if none { "none is on this computer".to_owned() } else { names.join(", ") },
        advice: none.then_some("Install Attune again: the bundled base model is missing."),
    }
}

/// Variables that are set and cannot be used. Who mistypes one would otherwise wonder why it changes nothing.
fn variables(folder: &DataFolder, environment: &Environment) -> Finding {
    let check = "environment";
    let mut problems = environment.problems().to_vec();
    match Layers::new(environment, &CommandLine::default()) {
        Ok(layers) => problems.extend(layers.refused().map(str::to_owned)),
        Err(error) => problems.push(crate::with_reasons(&error)),
    }
    problems.extend(surroundings(folder, environment).into_iter().filter_map(|found| found.problem));
    let good = problems.is_empty();
    Finding {
        check,
        verdict: if good { Verdict::Good } else { Verdict::Warning },
        found: if good { "every variable that is set can be used".to_owned() } else { problems.join("; ") },
        advice: (!good).then_some("Correct or remove these variables, then start Attune again."),
    }
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(findings: &[Finding], check: &str) -> Verdict {
        findings.iter().find(|finding| finding.check == check).unwrap().verdict
    }

    #[test]
    fn a_new_computer_is_fine_but_for_what_it_lacks() {
        let home = tempfile::tempdir().unwrap();
        let folder = DataFolder::find(Some(home.path().join("data")), &Environment::default()).unwrap();
        let bases = Bases::new(home.path().to_owned(), home.path().to_owned());
        let findings = examine(&folder, &Environment::default(), &bases);
        assert_eq!(verdict(&findings, "data folder"), Verdict::Good);
        assert_eq!(verdict(&findings, "database"), Verdict::Good);
        assert_eq!(verdict(&findings, "base models"), Verdict::Failure);
        assert!(!folder.path().exists(), "looking changes nothing");
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_a_warning_that_names_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = DataFolder::find(Some(home.path().to_owned()), &Environment::default()).unwrap();
        let found = |name, value| variables(&folder, &Environment::with(name, value));
        assert_eq!(found("ATTUNE_TRAINING_EPOCHS", "5").verdict, Verdict::Good);
        for (name, value) in
            [("ATTUNE_TRAINING_EPOCHS", "many"), ("HF_ENDPOINT", "nowhere"), (KERNEL, "fast")]
        {
            let finding = found(name, value);
            assert!(finding.verdict == Verdict::Warning && finding.found.contains(name), "{finding:?}");
        }
    }

    #[test]
    fn a_damaged_database_is_found_without_being_touched() {
        let home = tempfile::tempdir().unwrap();
        let folder = DataFolder::find(Some(home.path().to_owned()), &Environment::default()).unwrap();
        std::fs::write(folder.database(), "not a database at all, but long enough to be read as one")
            .unwrap();
        let before = std::fs::read(folder.database()).unwrap();
        assert_eq!(database(&folder.database()).verdict, Verdict::Failure);
        assert_eq!(std::fs::read(folder.database()).unwrap(), before);
    }
}
