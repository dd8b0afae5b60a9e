//! The package as a person gets it: installed into a folder of its own, started, taken away again.
//!
//! `cargo xtask package --try` builds the package and runs this; the variable ATTUNE_PACKAGE names it. A plain
//! `cargo test` has no package, and says so.

mod figures;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::api::small_source;
use crate::support::{Home, WebDriver, Xvfb};

const NOTHING: [&str; 0] = [];
/// In bytes.
const LARGEST: u64 = 60_000_000;

#[tokio::test]
async fn the_package_installs_does_the_main_job_offline_and_leaves_the_data_behind() {
    let Some(package) = package() else { return };
    assert!(package.metadata().unwrap().len() < LARGEST, "the package is too large");
    its_dependencies_can_be_met_here(&package);
    let home = Home::new();
    let installed = Installed::new(&home, &package);
    installed.has_an_entry_in_the_menu();

    let version = installed.says(&home, &["--version"]);
    assert_eq!(version.trim(), format!("attune {}", env!("CARGO_PKG_VERSION")));
    let doctor = installed.says(&home, &["doctor"]);
    assert!(doctor.contains("attune-mini"), "the bundled base is not found:\n{doctor}");
    let source = small_source(&home);
    let trained = installed.says(&home, &["train", "--db-path", &source, "--epochs", "1", "--json"]);
    let run: Value = serde_json::from_str(&trained).unwrap();
    assert_eq!((&run["status"], &run["baseModel"]), (&"completed".into(), &"attune-mini".into()), "{run}");

    let display = Xvfb::start();
    let window = WebDriver::open(&home, &display, &installed.program(), &NOTHING).await;
    // Only an answer over the bridge brings the version and the run.
    window.text_that("[data-testid=about]", |text| text.contains(env!("CARGO_PKG_VERSION"))).await;
    window.text_that("[data-testid=history-row]", |row| row.contains("Completed")).await;
    window.close().await;

    installed.remove();
    for gone in ["usr/bin/attune", "usr/lib/Attune", "usr/share/applications/Attune.desktop"] {
        assert!(!installed.root.join(gone).exists(), "{gone} is still there");
    }
    assert!(home.data().join("attune.db").exists(), "the data went with the package");
    assert!(Path::new(run["runDirectory"].as_str().unwrap()).join("adapter_model.safetensors").exists());
}

#[expect(clippy::print_stderr, reason = "a test that had nothing to try says so")]
fn package() -> Option<PathBuf> {
    let package = std::env::var_os("ATTUNE_PACKAGE").map(PathBuf::from);
    if package.is_none() {
        eprintln!("SKIPPED: no package to try; `cargo xtask package --try` builds one and tries it");
    }
    package
}

/// A package, installed below a root of its own by dpkg.
struct Installed {
    root: PathBuf,
}

impl Installed {
    fn new(home: &Home, package: &Path) -> Self {
        let installed = Self { root: home.path("root") };
        for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            std::fs::create_dir_all(installed.root.join(folder)).expect("a folder for dpkg's own files");
        }
        std::fs::write(installed.root.join("var/lib/dpkg/status"), "").expect("an empty list of packages");
        // Below this root nothing else is installed; whether the system has it was asked before.
        installed.dpkg(&["--force-depends".as_ref(), "--install".as_ref(), package.as_os_str()]);
        installed
    }

    fn program(&self) -> PathBuf {
        self.root.join("usr/bin/attune")
    }

    fn remove(&self) {
        self.dpkg(&["--remove".as_ref(), "attune".as_ref()]);
    }

    fn dpkg(&self, arguments: &[&std::ffi::OsStr]) {
        let mut root = std::ffi::OsString::from("--root=");
        root.push(&self.root);
        let log = self.root.join("var/lib/dpkg/log");
        let mut command = Command::new("dpkg");
        command.args(["--force-not-root", "--log"]).arg(log).arg(root).args(arguments);
        succeeds(&mut command);
    }

    fn says(&self, home: &Home, arguments: &[&str]) -> String {
        let output = succeeds(&mut home.command_of(self.program(), arguments));
        String::from_utf8(output.stdout).expect("the program writes UTF-8")
    }

    fn has_an_entry_in_the_menu(&self) {
        let entry = self.root.join("usr/share/applications/Attune.desktop");
        let entry = std::fs::read_to_string(entry).expect("the package has an entry for the menu");
        for line in ["Exec=attune", "Icon=attune", "Name=Attune", "Terminal=false"] {
            assert!(entry.lines().any(|found| found == line), "the entry has no line {line}:\n{entry}");
        }
        for size in ["32x32", "128x128"] {
            let icon = format!("usr/share/icons/hicolor/{size}/apps/attune.png");
            assert!(self.root.join(&icon).exists(), "{icon} is missing");
        }
    }
}

/// As apt would install it, without doing so.
fn its_dependencies_can_be_met_here(package: &Path) {
    let simulated = succeeds(Command::new("apt-get").args(["install", "--simulate", "--quiet"]).arg(package));
    let said = String::from_utf8_lossy(&simulated.stdout).into_owned();
    assert!(said.contains("Inst attune "), "{said}");
}

fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
