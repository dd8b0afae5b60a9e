//! What can be wrong with a chat model's file, or go wrong while it answers.

/// Why a GGUF file is no chat model that can be used, or gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    #[error("this is no GGUF file")]
    NoGguf,
    #[error("its version of GGUF is {found}; 2 and 3 are read")]
    Version { found: u32 },
    #[error("it ends in the middle of {what}")]
    CutShort { what: &'static str },
    #[error("it could not be read")]
    Read(#[source] std::io::Error),
    #[error("it claims {what} that no such file has: {found}")]
    Senseless { what: &'static str, found: u64 },
    #[error("it says nothing of {key}")]
    Missing { key: String },
    #[error("its {key} is {found}, needed is {needed}")]
    Unsupported { key: String, found: String, needed: &'static str },
    #[error("it has no tensor {name}")]
    NoTensor { name: String },
    #[error("its tensor {name} has the shape {found:?}, its description implies {expected:?}")]
    TensorShape { name: String, found: Vec<u64>, expected: Vec<usize> },
    #[error("its tensor {name} is of a kind that is not read ({found})")]
    TensorKind { name: String, found: u32 },
    #[error("its tensor {name} lies beyond its end")]
    TensorBeyondEnd { name: String },
    #[error("its vocabulary cannot be used: {reason}")]
    Vocabulary { reason: String },
    #[error("its chat template cannot be used: {source}")]
    Template {
        #[source]
        source: Box<minijinja::Error>,
    },
    #[error("the conversation has {tokens} tokens, and with an answer of {answer} there is room for {most}")]
    TooLong { tokens: usize, answer: usize, most: usize },
}
