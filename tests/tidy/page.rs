//! Inside the page: `app -> features -> (api, components)`; only `platform` knows the window.

use super::tree::{File, Finding, judge, sample};

const SOURCE: &str = "ui/src/";

/// Which folders of `ui/src` a folder must not import from.
const NEVER: [(&str, &[&str], &str); 4] = [
    ("components", &["app", "features", "api"], "a component shows what it is given; take it as a property"),
    ("api", &["app", "features", "components"], "the API's client knows no screen; hand it in from app"),
    (
        "platform",
        &["app", "features", "components", "api"],
        "the platform is the lowest layer; hand it in from app",
    ),
    (
        "features",
        &["app"],
        "a feature does not know the application around it; move what is shared to components or api",
    ),
];

fn imports_point_down(file: &File) -> Vec<Finding> {
    let Some(inside) =
        file.path.strip_prefix(SOURCE).filter(|_| file.has_extension(&["ts", "tsx", "mts", "js", "jsx"]))
    else {
        return Vec::new();
    };
    let (layer, feature) = places(inside);
    let mut findings = Vec::new();
    for (line, wanted) in imports(file) {
        if wanted.starts_with("@tauri-apps/") && layer != "platform" {
            findings.push(Finding::at(
                file,
                line,
                format!("{wanted} must not be imported here; only ui/src/platform knows the window: give it a function for this"),
            ));
        }
        let Some(target) = resolved(inside, &wanted) else { continue };
        let (other, other_feature) = places(&target);
        let rule = NEVER.iter().find(|(name, never, _)| *name == layer && never.contains(&other));
        if let Some((.., way_out)) = rule {
            findings.push(Finding::at(
                file,
                line,
                format!("{layer} must not import {wanted} from {other}; {way_out}"),
            ));
        } else if layer == "features" && other == "features" && feature != other_feature {
            findings.push(Finding::at(
                file,
                line,
                format!("the feature {feature} must not import {wanted} from the feature {other_feature}; move what both need to components or api"),
            ));
        }
    }
    findings
}

/// The first two parts of a path inside `ui/src`.
fn places(inside: &str) -> (&str, &str) {
    let mut parts = inside.split('/');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// What the file imports, with lines: `from "…"`, `import "…"`, `import("…")`, `vi.mock("…")`.
fn imports(file: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in file.lines() {
        if text.trim_start().starts_with("//") || text.trim_start().starts_with('*') {
            continue;
        }
        for start in ["from ", "import ", "import(", "vi.mock("] {
            for (at, _) in text.match_indices(start) {
                let rest = text[at + start.len()..].trim_start();
                let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''));
                if let Some(wanted) = quote.and_then(|quote| rest[1..].split(quote).next()) {
                    found.push((line, wanted.to_owned()));
                }
            }
        }
    }
    found
}

/// The path inside `ui/src` that an import leads to; `None` for packages.
fn resolved(inside: &str, wanted: &str) -> Option<String> {
    if let Some(rest) = wanted.strip_prefix("@/").or_else(|| wanted.strip_prefix("~/")) {
        return Some(rest.to_owned());
    }
    if !wanted.starts_with('.') {
        return None;
    }
    let mut parts: Vec<&str> = inside.split('/').collect();
    parts.pop();
    for part in wanted.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[test]
fn imports_of_the_page_point_down() {
    judge(imports_point_down);
}

#[test]
fn an_import_against_the_direction_is_found() {
    for (path, text) in [
        ("ui/src/features/train/Start.tsx", "import { invoke } from \"@tauri-apps/api/core\";"),
        ("ui/src/features/train/Start.tsx", "import { Chat } from '../ask/Chat';"),
        ("ui/src/features/train/Start.tsx", "import {\n  a,\n} from \"../../app/routes\";"),
        ("ui/src/features/train/parts/Row.tsx", "import { Chat } from \"../../ask\";"),
        ("ui/src/components/Chart.tsx", "import type { Run } from \"../api/schema\";"),
        ("ui/src/components/Chart.tsx", "export * from \"@/features/train\";"),
        ("ui/src/api/client.ts", "const page = import(\"../features/train/TrainPage\");"),
        ("ui/src/platform/index.ts", "import \"../app/theme\";"),
    ] {
        assert_eq!(imports_point_down(&sample(path, text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn an_import_along_the_direction_is_welcome() {
    for (path, text) in [
        ("ui/src/platform/window.ts", "import { invoke } from \"@tauri-apps/api/core\";"),
        (
            "ui/src/features/train/TrainPage.tsx",
            "import { Start } from \"./Start\";\nimport { x } from \"../train/y\";",
        ),
        (
            "ui/src/features/train/TrainPage.tsx",
            "import { Chart } from \"../../components/Chart\";\nimport \"../../api/client\";",
        ),
        ("ui/src/app/App.tsx", "import { TrainPage } from \"../features/train/TrainPage\";"),
        (
            "ui/src/components/Chart.tsx",
            "// never from \"../features/train\"\nimport { Box } from \"@mantine/core\";",
        ),
        ("ui/vite.config.ts", "import x from \"./src/app/x\";"),
    ] {
        assert_eq!(imports_point_down(&sample(path, text)), [], "{path}: {text}");
    }
}
