//! Which of several places decides a value: the default, the environment, what is stored here, the command line.
//!
//! Each place goes before the ones named earlier. Not here: reading the environment, and the table.
//! Invariant: a variable that breaks a value's rule decides nothing and is told with its reason; a mistyped
//! variable keeps nobody from starting.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::Settings;
use crate::environment::{Environment, Variable};
use crate::{Error, Result};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    /// A variable; `file` names the `.env.local` that sets it, if the process itself does not.
    Environment {
        variable: &'static str,
        file: Option<PathBuf>,
    },
    /// It was set in Attune and is stored in the data folder.
    Here,
    CommandLine {
        option: &'static str,
    },
}

impl Source {
    pub(crate) fn of(variable: &'static str, found: Variable<'_>) -> Self {
        Self::Environment { variable, file: found.file.map(PathBuf::from) }
    }
}

/// One setting, and who decides it.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingSource {
    /// As the API calls it.
    pub name: &'static str,
    pub value: Value,
    pub source: Source,
    /// What takes the value's place if what is stored here is dropped; the same where nothing is.
    pub otherwise: Value,
    pub otherwise_source: Source,
    /// The variable that may set it.
    pub variable: &'static str,
    /// Why that variable, although set, decides nothing.
    pub refused: Option<String>,
}

/// What options of the command that opened this data folder set.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommandLine {
    /// `--port`
    pub(crate) port: Option<u16>,
}

/// The three names of a setting: where it is stored, in the API, in the environment.
struct Name {
    stored: &'static str,
    wire: &'static str,
    variable: &'static str,
}

const fn name(stored: &'static str, wire: &'static str, variable: &'static str) -> Name {
    Name { stored, wire, variable }
}

const NAMES: [Name; 11] = [
    name("soft_prompt_enabled", "softPromptEnabled", "ATTUNE_SOFT_PROMPT_ENABLED"),
    name("soft_prompt_model_dir", "softPromptModelDir", "ATTUNE_SOFT_PROMPT_MODEL_DIR"),
    name(
        "soft_prompt_confidence_threshold",
        "softPromptConfidenceThreshold",
        "ATTUNE_SOFT_PROMPT_CONFIDENCE_THRESHOLD",
    ),
    name("soft_prompt_database_path", "softPromptDatabasePath", "ATTUNE_SOFT_PROMPT_DATABASE_PATH"),
    name("training_base_model", "trainingBaseModel", "ATTUNE_TRAINING_BASE_MODEL"),
    name("training_method", "trainingMethod", "ATTUNE_TRAINING_METHOD"),
    name("training_max_samples", "trainingMaxSamples", "ATTUNE_TRAINING_MAX_SAMPLES"),
    name("training_epochs", "trainingEpochs", "ATTUNE_TRAINING_EPOCHS"),
    name("automatic_tuning_enabled", "automaticTuningEnabled", "ATTUNE_AUTOMATIC_TUNING_ENABLED"),
    name("listener_enabled", "listenerEnabled", "ATTUNE_LISTENER_ENABLED"),
    name("listener_port", "listenerPort", "ATTUNE_LISTENER_PORT"),
];

/// The layers that do not change while an engine is open.
#[derive(Debug)]
pub(crate) struct Layers {
    /// In the order of [`NAMES`].
    fixed: Vec<Fixed>,
}

#[derive(Debug)]
struct Fixed {
    default: Value,
    environment: Option<(Value, Source)>,
    refused: Option<String>,
    command_line: Option<(Value, Source)>,
}

impl Layers {
    pub(crate) fn new(environment: &Environment, command_line: &CommandLine) -> Result<Self> {
        let defaults = fields(&Settings::default())?;
        let fixed = NAMES.iter().map(|name| {
            let default = defaults.get(name.stored).cloned().unwrap_or(Value::Null);
            let (environment, refused) = match environment.get(name.variable) {
                None => (None, None),
                Some(found) => match parsed(name, &default, found, &defaults) {
                    Ok(value) => (Some((value, Source::of(name.variable, found))), None),
                    Err(why) => (None, Some(why)),
                },
            };
            let port = command_line.port.filter(|_| name.wire == "listenerPort");
            let command_line = port.map(|port| (port.into(), Source::CommandLine { option: "--port" }));
            Fixed { default, environment, refused, command_line }
        });
        Ok(Self { fixed: fixed.collect() })
    }

    /// The settings that count, given what is stored.
    ///
    /// # Errors
    /// [`Error::Encode`] if a stored value has a form that this Attune does not know.
    pub(crate) fn settings(&self, stored: &Map<String, Value>) -> Result<Settings> {
        let values = self.sources(stored).into_iter().zip(&NAMES);
        let values = values.map(|(source, name)| (name.stored.to_owned(), source.value));
        serde_json::from_value(Value::Object(values.collect())).map_err(Error::Encode)
    }

    /// Every setting with the layer that decides it.
    pub(crate) fn sources(&self, stored: &Map<String, Value>) -> Vec<SettingSource> {
        let settings = NAMES.iter().zip(&self.fixed).map(|(name, fixed)| {
            let below = fixed.environment.clone().unwrap_or((fixed.default.clone(), Source::Default));
            let here = stored.get(name.stored).map(|value| (value.clone(), Source::Here));
            let without = fixed.command_line.clone().unwrap_or(below);
            let (value, source) = fixed.command_line.clone().or(here).unwrap_or_else(|| without.clone());
            let (otherwise, otherwise_source) = without;
            SettingSource {
                name: name.wire,
                value,
                source,
                otherwise,
                otherwise_source,
                variable: name.variable,
                refused: fixed.refused.clone(),
            }
        });
        settings.collect()
    }

    /// Why variables that are set decide nothing, a sentence each.
    pub(crate) fn refused(&self) -> impl Iterator<Item = &str> {
        self.fixed.iter().filter_map(|fixed| fixed.refused.as_deref())
    }
}

/// The name under which a setting of the API is stored.
///
/// # Errors
/// [`Error::UnknownSetting`].
pub(crate) fn stored_name(wire: &str) -> Result<&'static str> {
    let found = NAMES.iter().find(|name| name.wire == wire);
    found.map(|name| name.stored).ok_or_else(|| Error::UnknownSetting { name: wire.to_owned() })
}

/// The settings as they are stored, by their stored names.
pub(crate) fn fields(settings: &Settings) -> Result<Map<String, Value>> {
    match serde_json::to_value(settings).map_err(Error::Encode)? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

/// A variable's text in the form of its setting, or the sentence that says why it decides nothing.
fn parsed(
    name: &Name,
    default: &Value,
    found: Variable<'_>,
    defaults: &Map<String, Value>,
) -> std::result::Result<Value, String> {
    let refuse = |why: &str| format!("the variable {} decides nothing: {why}", name.variable);
    let text = found.value.to_str().ok_or_else(|| refuse("its value is not Unicode text"))?.trim();
    let value = match default {
        Value::Bool(_) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => true.into(),
            "0" | "false" | "no" | "off" => false.into(),
            _ => return Err(refuse("it is neither on nor off")),
        },
        Value::Number(_) => text.parse::<serde_json::Number>().map_err(|_| refuse("it is no number"))?.into(),
        _ => Value::from(text),
    };
    let mut values = defaults.clone();
    values.insert(name.stored.to_owned(), value.clone());
    let settings: std::result::Result<Settings, _> = serde_json::from_value(Value::Object(values));
    let settings = settings.map_err(|error| refuse(&error.to_string()))?;
    settings.check_values().map_err(|error| refuse(&error.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn layers(variable: &str, value: &str, port: Option<u16>) -> Layers {
        Layers::new(&Environment::with(variable, value), &CommandLine { port }).unwrap()
    }

    fn source(layers: &Layers, stored: &Value, name: &str) -> SettingSource {
        let stored = stored.as_object().unwrap();
        layers.sources(stored).into_iter().find(|source| source.name == name).unwrap()
    }

    #[test]
    fn every_setting_has_its_three_names() {
        let stored = fields(&Settings::default()).unwrap();
        assert_eq!(stored.len(), NAMES.len());
        for name in &NAMES {
            assert!(stored.contains_key(name.stored), "{}", name.stored);
            assert_eq!(name.variable, format!("ATTUNE_{}", name.stored.to_uppercase()));
            assert_eq!(name.wire.to_lowercase(), name.stored.replace('_', ""));
        }
    }

    #[test]
    fn the_command_line_goes_before_here_before_the_environment_before_the_default() {
        let (variable, name) = ("ATTUNE_LISTENER_PORT", "listenerPort");
        let stored = json!({ "listener_port": 3 });
        let nothing = json!({});
        let seen = |layers: &Layers, stored: &Value| {
            let source = source(layers, stored, name);
            (source.value, source.source)
        };
        let by_variable = Source::Environment { variable, file: None };
        assert_eq!(seen(&layers("HF_HOME", "/", None), &nothing), (json!(7717), Source::Default));
        assert_eq!(seen(&layers(variable, "2", None), &nothing), (json!(2), by_variable.clone()));
        assert_eq!(seen(&layers(variable, "2", None), &stored), (json!(3), Source::Here));
        let option = Source::CommandLine { option: "--port" };
        assert_eq!(seen(&layers(variable, "2", Some(4)), &stored), (json!(4), option));
        let below = source(&layers(variable, "2", None), &stored, name);
        assert_eq!((below.otherwise, below.otherwise_source), (json!(2), by_variable));
        let settings = layers(variable, "2", None).settings(stored.as_object().unwrap()).unwrap();
        assert_eq!(settings, Settings { listener_port: 3, ..Settings::default() });
    }

    #[test]
    fn variables_set_every_kind_of_value() {
        for (variable, text, name, value) in [
            ("ATTUNE_SOFT_PROMPT_ENABLED", "On", "softPromptEnabled", json!(true)),
            ("ATTUNE_SOFT_PROMPT_MODEL_DIR", "/a b", "softPromptModelDir", json!("/a b")),
            ("ATTUNE_TRAINING_METHOD", "lora", "trainingMethod", json!("lora")),
            ("ATTUNE_SOFT_PROMPT_CONFIDENCE_THRESHOLD", "0.5", "softPromptConfidenceThreshold", json!(0.5)),
        ] {
            let layers = layers(variable, text, None);
            assert_eq!(source(&layers, &json!({}), name).value, value, "{variable}");
            layers.settings(&Map::new()).unwrap();
        }
    }

    #[test]
    fn a_variable_that_breaks_a_rule_decides_nothing_and_is_told() {
        for (variable, text, name) in [
            ("ATTUNE_TRAINING_EPOCHS", "0", "trainingEpochs"),
            ("ATTUNE_TRAINING_EPOCHS", "many", "trainingEpochs"),
            ("ATTUNE_TRAINING_EPOCHS", "1.5", "trainingEpochs"),
            ("ATTUNE_SOFT_PROMPT_ENABLED", "maybe", "softPromptEnabled"),
            ("ATTUNE_SOFT_PROMPT_MODEL_DIR", "relative", "softPromptModelDir"),
            ("ATTUNE_TRAINING_METHOD", "magic", "trainingMethod"),
        ] {
            let layers = layers(variable, text, None);
            let source = source(&layers, &json!({}), name);
            assert_eq!(source.source, Source::Default, "{variable}={text}");
            assert!(source.refused.is_some_and(|why| why.contains(variable)), "{variable}={text}");
            assert_eq!(layers.refused().count(), 1);
        }
    }
}
