//! Enums that are stored and shown by one word for each value.

/// Declares an enum that is stored and shown by one lower-case word per value.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$value_meta:meta])* $value:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$value_meta])* #[serde(rename = $word)] $value),* }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;

words! {
    RunStatus {
        Queued = "queued",
        Running = "running",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
        /// Its process ended without a word: Attune was closed or killed.
        Interrupted = "interrupted",
    }
}

words! {
    /// What a running run is busy with.
    Phase {
        Loading = "loading",
        Preparing = "preparing",
        /// Finding out whether these settings learn anything from these rows.
        Checking = "checking",
        Training = "training",
        /// Computing the loss of the rows that are held out.
        Evaluating = "evaluating",
        Saving = "saving",
    }
}

words! {
    Method {
        SoftPrompt = "soft-prompt",
        Lora = "lora",
    }
}

words! {
    /// Where a soft prompt starts.
    InitialPrompt {
        /// From the outputs of the rows.
        Outputs = "outputs",
        /// From a text that says the task.
        Text = "text",
        /// From tokens drawn with the seed.
        Vocabulary = "vocabulary",
        /// From numbers drawn with the seed.
        Random = "random",
    }
}

words! {
    /// What becomes of the learning rate after its warm-up.
    Decay {
        Linear = "linear",
        Cosine = "cosine",
        Constant = "constant",
    }
}

words! {
    /// The numbers that a training is computed in.
    Precision {
        /// Bf16 where this computer is faster in it and its first steps agree with those of f32, else f32.
        Auto = "auto",
        F32 = "f32",
        Bf16 = "bf16",
    }
}

words! {
    /// Why a completed run ended before its last step.
    Stopped {
        Asked = "asked",
        /// The loss of the held-out rows improved no more.
        Early = "early",
    }
}

impl From<Precision> for attune_tuning::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Auto => Self::Auto,
            Precision::F32 => Self::F32,
            Precision::Bf16 => Self::Bf16,
        }
    }
}

impl From<attune_tuning::Precision> for Precision {
    fn from(precision: attune_tuning::Precision) -> Self {
        match precision {
            attune_tuning::Precision::Auto => Self::Auto,
            attune_tuning::Precision::F32 => Self::F32,
            attune_tuning::Precision::Bf16 => Self::Bf16,
        }
    }
}

impl RunStatus {
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}
