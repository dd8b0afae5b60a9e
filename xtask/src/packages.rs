//! The system's packages: which are missing, and how they are installed.
//!
//! What is missing is found by looking for the thing itself (a program, a library), which holds on every
//! distribution; only the names of packages, and installing them, know Debian and Ubuntu.

use std::path::Path;

use crate::console::say;
use crate::error::{Error, Result};
use crate::process::{Step, is_on_path};
use crate::project::Project;

/// What a command needs from the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Building,
    Packing,
    Testing,
}

/// How one sees that a need is met.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// One of these programs is on the PATH.
    Program(&'static [&'static str]),
    /// pkg-config knows this library.
    Library(&'static str),
}

#[derive(Debug, Clone, Copy)]
struct Need {
    used_for: For,
    why: &'static str,
    sign: Sign,
    debian: &'static str,
    ubuntu: &'static str,
    fedora: &'static str,
    arch: &'static str,
}

const NEEDS: [Need; 8] = [
    Need {
        used_for: For::Building,
        why: "SQLite is compiled from C",
        sign: Sign::Program(&["cc"]),
        debian: "build-essential",
        ubuntu: "build-essential",
        fedora: "gcc",
        arch: "base-devel",
    },
    Need {
        used_for: For::Building,
        why: "finds the libraries of the window",
        sign: Sign::Program(&["pkg-config"]),
        debian: "pkg-config",
        ubuntu: "pkg-config",
        fedora: "pkgconf-pkg-config",
        arch: "pkgconf",
    },
    Need {
        used_for: For::Building,
        why: "the window",
        sign: Sign::Library("webkit2gtk-4.1"),
        debian: "libwebkit2gtk-4.1-dev",
        ubuntu: "libwebkit2gtk-4.1-dev",
        fedora: "webkit2gtk4.1-devel",
        arch: "webkit2gtk-4.1",
    },
    Need {
        used_for: For::Packing,
        why: "names the libraries that the package depends on",
        sign: Sign::Program(&["dpkg-shlibdeps"]),
        debian: "dpkg-dev",
        ubuntu: "dpkg-dev",
        fedora: "dpkg-dev",
        arch: "dpkg",
    },
    Need {
        used_for: For::Testing,
        why: "a session bus for the tests of tray and notices",
        sign: Sign::Program(&["dbus-daemon"]),
        debian: "dbus",
        ubuntu: "dbus",
        fedora: "dbus-daemon",
        arch: "dbus",
    },
    Need {
        used_for: For::Testing,
        why: "a display for the window's tests",
        sign: Sign::Program(&["Xvfb"]),
        debian: "xvfb",
        ubuntu: "xvfb",
        fedora: "xorg-x11-server-Xvfb",
        arch: "xorg-server-xvfb",
    },
    Need {
        used_for: For::Testing,
        why: "drives the window in tests",
        sign: Sign::Program(&["WebKitWebDriver"]),
        debian: "webkit2gtk-driver",
        ubuntu: "webkit2gtk-driver",
        fedora: "webkit2gtk4.1",
        arch: "webkit2gtk-4.1",
    },
    Need {
        used_for: For::Testing,
        why: "the browser's tests",
        sign: Sign::Program(&["chromium", "chromium-browser", "google-chrome"]),
        debian: "chromium",
        ubuntu: "chromium-browser",
        fedora: "chromium",
        arch: "chromium",
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Debian,
    Ubuntu,
    Fedora,
    Arch,
    Unknown,
}

/// Installs what is missing for these uses, and says what and why before anybody is asked for a password.
pub(crate) fn install_missing(project: &Project, uses: &[For]) -> Result<()> {
    let missing = missing(uses, |sign| is_met(project, sign));
    if missing.is_empty() {
        say("      nothing is missing");
        return Ok(());
    }
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system(&release);
    let packages = packages(&missing, system);
    for need in &missing {
        say(&format!("      missing: {} ({})", name(need, system), need.why));
    }
    let command = by_hand(system, &packages);
    if !matches!(system, System::Debian | System::Ubuntu) || !is_on_path("apt-get") {
        return Err(Error::PackagesByHand { why: "only apt-get can be used from here".into(), command });
    }
    let root = Step::new("id", &project.root).args(["-u"]).output().is_ok_and(|user| user.trim() == "0");
    if !root && !is_on_path("sudo") {
        return Err(Error::PackagesByHand {
            why: "only root may install them (there is no sudo)".into(),
            command,
        });
    }
    let with_what = if root { "apt-get" } else { "sudo apt-get, which may ask for your password" };
    say(&format!("      installing {} with {with_what}; some minutes at most", packages.join(", ")));
    if apt(&project.root, root, &["update"]).is_err() {
        // One broken source in the lists does not mean that our packages are out of reach.
        say("      the package lists could not all be renewed; trying with what is there");
    }
    let arguments = ["install", "--yes", "--no-install-recommends"];
    let arguments: Vec<&str> = arguments.into_iter().chain(packages.iter().copied()).collect();
    if apt(&project.root, root, &arguments).is_err() {
        let why = "apt-get could not install them (its own words are above)".into();
        return Err(Error::PackagesByHand { why, command });
    }
    let missing = self::missing(uses, |sign| is_met(project, sign));
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.iter().map(|need| name(need, system).to_owned()).collect();
    Err(Error::PackagesStillMissing { packages, command })
}

fn apt(folder: &Path, root: bool, arguments: &[&str]) -> Result<()> {
    let step = if root {
        Step::new("apt-get", folder).with("DEBIAN_FRONTEND", "noninteractive")
    } else {
        // sudo drops the environment; env sets it on the other side.
        Step::new("sudo", folder).args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
    };
    // A fresh machine often installs its own updates in the background: wait for it instead of failing.
    step.args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments).run()
}

fn is_met(project: &Project, sign: Sign) -> bool {
    match sign {
        Sign::Program(names) => names.iter().any(|name| is_on_path(name)),
        Sign::Library(name) => Step::new("pkg-config", &project.root).args(["--exists", name]).succeeds(),
    }
}

fn missing(uses: &[For], is_met: impl Fn(Sign) -> bool) -> Vec<Need> {
    NEEDS.into_iter().filter(|need| uses.contains(&need.used_for) && !is_met(need.sign)).collect()
}

fn system(release: &str) -> System {
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let known = |word: &str| match word {
        "debian" => Some(System::Debian),
        "ubuntu" => Some(System::Ubuntu),
        "fedora" => Some(System::Fedora),
        "arch" => Some(System::Arch),
        _ => None,
    };
    // Its own name first, then what it says to be like, nearest first (Mint: "ubuntu debian").
    let (own, like) = (value("ID"), value("ID_LIKE"));
    known(&own).or_else(|| like.split_whitespace().find_map(known)).unwrap_or(System::Unknown)
}

fn name(need: &Need, system: System) -> &'static str {
    match system {
        System::Debian | System::Unknown => need.debian,
        System::Ubuntu => need.ubuntu,
        System::Fedora => need.fedora,
        System::Arch => need.arch,
    }
}

fn packages(needs: &[Need], system: System) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for need in needs {
        if !names.contains(&name(need, system)) {
            names.push(name(need, system));
        }
    }
    names
}

fn by_hand(system: System, packages: &[&str]) -> String {
    let packages = packages.join(" ");
    match system {
        System::Debian | System::Ubuntu => {
            format!("sudo apt-get update && sudo apt-get install --no-install-recommends {packages}")
        }
        System::Fedora => format!("sudo dnf install {packages}"),
        System::Arch => format!("sudo pacman -S --needed {packages}"),
        System::Unknown => format!("{packages}    (names on Debian; look for your system's)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_but(present: &'static [&'static str]) -> impl Fn(Sign) -> bool {
        move |sign| match sign {
            Sign::Program(names) => names.iter().any(|name| present.contains(name)),
            Sign::Library(name) => present.contains(&name),
        }
    }

    #[test]
    fn only_what_is_missing_for_the_use_is_chosen() {
        let build = missing(&[For::Building], nothing_but(&["cc", "pkg-config"]));
        assert_eq!(packages(&build, System::Debian), ["libwebkit2gtk-4.1-dev"]);
        let all = missing(&[For::Building, For::Testing], nothing_but(&[]));
        assert_eq!(
            packages(&all, System::Debian),
            [
                "build-essential",
                "pkg-config",
                "libwebkit2gtk-4.1-dev",
                "dbus",
                "xvfb",
                "webkit2gtk-driver",
                "chromium"
            ]
        );
        let any_browser = missing(
            &[For::Testing],
            nothing_but(&["dbus-daemon", "Xvfb", "WebKitWebDriver", "google-chrome"]),
        );
        assert!(any_browser.is_empty());
    }

    #[test]
    fn a_package_that_meets_two_needs_is_named_once() {
        let all = missing(&[For::Building, For::Testing], nothing_but(&[]));
        let names = packages(&all, System::Arch);
        assert_eq!(names.iter().filter(|name| **name == "webkit2gtk-4.1").count(), 1, "{names:?}");
    }

    #[test]
    fn the_system_is_known_by_its_name_or_by_what_it_is_like() {
        assert_eq!(system("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"), System::Debian);
        assert_eq!(system("ID=ubuntu\nID_LIKE=debian\n"), System::Ubuntu);
        assert_eq!(system("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), System::Ubuntu);
        assert_eq!(system("ID=fedora\n"), System::Fedora);
        assert_eq!(system("ID=manjaro\nID_LIKE=arch\n"), System::Arch);
        assert_eq!(system(""), System::Unknown);
    }

    #[test]
    fn the_command_for_people_fits_their_system() {
        assert!(by_hand(System::Debian, &["xvfb"]).ends_with("apt-get install --no-install-recommends xvfb"));
        assert_eq!(by_hand(System::Fedora, &["gcc", "x"]), "sudo dnf install gcc x");
    }
}
