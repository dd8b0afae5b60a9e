//! What was decided before Attune started, and is shown without being changed here: folders and variables.
//!
//! Invariant: the value of a secret never gets here, only whether there is one.

use super::Source;
use crate::bases::{FetchError, Hub, PUBLIC_HUB};
use crate::environment::{
    DATA_FOLDER, Environment, HF_ENDPOINT, HF_HOME, HF_HUB_OFFLINE, HF_TOKEN, KERNEL, LOG,
};
use crate::kernel::limit_of;
use crate::{DataFolder, Error, with_reasons};

/// One thing that the surroundings decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surrounding {
    /// As the API calls it.
    pub name: &'static str,
    /// Absent where nothing is set, and always for a secret.
    pub value: Option<String>,
    /// Whether something is set that is not shown.
    pub is_hidden: bool,
    pub source: Source,
    /// The variable that may set it; absent where none may.
    pub variable: &'static str,
    /// Why what is set cannot be used.
    pub problem: Option<String>,
}

pub(crate) fn surroundings(folder: &DataFolder, environment: &Environment) -> Vec<Surrounding> {
    let unusable = Hub::from_environment(environment).err();
    let problem_of = |variable| match &unusable {
        Some(error @ Error::Fetch(FetchError::Endpoint { .. })) if variable == HF_ENDPOINT => {
            Some(with_reasons(error))
        }
        Some(error @ Error::Fetch(FetchError::Token)) if variable == HF_TOKEN => Some(with_reasons(error)),
        _ => None,
    };
    let shown = |name, variable, standard: Option<String>| {
        let found = environment.get(variable);
        Surrounding {
            name,
            value: found.map(|found| found.value.to_string_lossy().into_owned()).or(standard),
            is_hidden: false,
            source: found.map_or(Source::Default, |found| Source::of(variable, found)),
            variable,
            problem: problem_of(variable),
        }
    };
    let home = environment.hugging_face_home().to_string_lossy().into_owned();
    let endpoint = shown("hfEndpoint", HF_ENDPOINT, Some(PUBLIC_HUB.to_owned()));
    // An address may hold a password, and then it is refused as one that does.
    let holds_a_user = endpoint.value.as_ref().is_some_and(|address| address.contains('@'));
    let token = shown("hfToken", HF_TOKEN, None);
    vec![
        Surrounding {
            name: "dataFolder",
            value: Some(folder.path().to_string_lossy().into_owned()),
            is_hidden: false,
            source: folder.source().clone(),
            variable: DATA_FOLDER,
            problem: None,
        },
        shown("hfHome", HF_HOME, Some(home)),
        Surrounding { value: endpoint.value.filter(|_| !holds_a_user), is_hidden: holds_a_user, ..endpoint },
        Surrounding { is_hidden: token.value.is_some(), value: None, ..token },
        shown("hfHubOffline", HF_HUB_OFFLINE, None),
        shown("log", LOG, None),
        Surrounding { problem: limit_of(environment).err(), ..shown("kernel", KERNEL, None) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variable: &str, value: &str, name: &str) -> Surrounding {
        let folder = DataFolder::find(Some("/data".into()), &Environment::default()).unwrap();
        let all = surroundings(&folder, &Environment::with(variable, value));
        all.into_iter().find(|found| found.name == name).unwrap()
    }

    #[test]
    fn a_secret_is_told_without_its_value() {
        let token = of(HF_TOKEN, "hf_never_to_be_seen", "hfToken");
        assert_eq!((token.value.as_deref(), token.is_hidden), (None, true));
        assert_eq!(token.source, Source::Environment { variable: HF_TOKEN, file: None });
        let none = of(HF_HOME, "/cache", "hfToken");
        assert_eq!((none.is_hidden, none.source), (false, Source::Default));
        let endpoint = of(HF_ENDPOINT, "https://me:password@hub.example", "hfEndpoint");
        assert_eq!((endpoint.value, endpoint.is_hidden), (None, true));
        assert!(endpoint.problem.is_some_and(|why| !why.contains("password")));
    }

    #[test]
    fn what_is_set_is_shown_and_what_cannot_be_used_says_why() {
        assert_eq!(of(HF_HOME, "/cache", "hfHome").value.as_deref(), Some("/cache"));
        assert_eq!(of(HF_HOME, "/cache", "hfEndpoint").value.as_deref(), Some("https://huggingface.co"));
        let endpoint = of(HF_ENDPOINT, "http://elsewhere.example", "hfEndpoint");
        assert!(endpoint.problem.is_some_and(|why| why.contains("HF_ENDPOINT")));
        assert_eq!(of(HF_HOME, "/cache", "dataFolder").source, Source::CommandLine { option: "--data-dir" });
    }
}
