//! Adapters: the few values that are trained, as one flat vector and the layout of the tensors inside it.
//!
//! Not here: what a soft prompt or LoRA does (`soft_prompt`, `lora`) and where it enters the network (`placed`).
//! The optimiser, checkpoints and training passes see one flat vector of f32 and its layout, so that none of
//! them needs to know what kind of adapter it is.

use std::ops::Range;

use crate::{BaseModel, Error, Lora, LoraSettings, PROMPT_TENSOR, Result, SoftPrompt};

/// One tensor of an adapter inside the flat vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterTensor {
    /// Its name, as PEFT stores it.
    pub name: String,
    /// Its dimensions, row-major.
    pub shape: Vec<usize>,
    /// Where it starts in the flat vector.
    pub offset: usize,
}

impl AdapterTensor {
    /// How many values it holds.
    pub fn parameters(&self) -> usize {
        self.shape.iter().product()
    }

    /// Where its values lie in the flat vector.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.parameters()
    }
}

/// Names, shapes and offsets of an adapter's tensors; they lie one after the other without gaps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdapterLayout {
    tensors: Vec<AdapterTensor>,
}

impl AdapterLayout {
    /// The layout with `name` of this shape after what is there already.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, shape: &[usize]) -> Self {
        let offset = self.parameters();
        self.tensors.push(AdapterTensor { name: name.into(), shape: shape.to_vec(), offset });
        self
    }

    /// The tensors in the order of their offsets.
    pub fn tensors(&self) -> &[AdapterTensor] {
        &self.tensors
    }

    /// The length of the flat vector.
    pub fn parameters(&self) -> usize {
        self.tensors.last().map_or(0, |last| last.offset + last.parameters())
    }
}

/// What an adapter is, without its values.
#[derive(Debug, Clone, PartialEq)]
pub enum AdapterKind {
    /// This many rows before the source.
    SoftPrompt {
        /// Rows of the soft prompt.
        rows: usize,
    },
    /// A low-rank share of these dimensions.
    Lora(LoraSettings),
}

impl AdapterKind {
    /// Refuses dimensions no adapter can have.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] with the field's name.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::SoftPrompt { rows: 0 } => {
                Err(Error::InvalidSetting { field: "prompt_rows", found: "0".into(), needed: "1 or more" })
            }
            Self::SoftPrompt { .. } => Ok(()),
            Self::Lora(settings) => settings.validate(),
        }
    }

    /// The layout of its values for this base model.
    ///
    /// # Errors
    /// As [`Self::validate`].
    pub fn layout(&self, base: &BaseModel) -> Result<AdapterLayout> {
        self.validate()?;
        Ok(match self {
            Self::SoftPrompt { rows } => {
                AdapterLayout::default().with(PROMPT_TENSOR, &[*rows, base.architecture().width])
            }
            Self::Lora(settings) => settings.layout(base),
        })
    }

    /// An adapter of this kind with these values.
    ///
    /// # Errors
    /// If the values do not fill the layout or are not finite.
    pub fn adapter(&self, base: &BaseModel, values: Vec<f32>) -> Result<Adapter> {
        match self {
            Self::SoftPrompt { rows } => {
                SoftPrompt::new(*rows, base.architecture().width, values).map(Adapter::SoftPrompt)
            }
            Self::Lora(settings) => Lora::new(base, settings.clone(), values).map(Adapter::Lora),
        }
    }
}

/// What was trained on a base model.
#[derive(Debug, Clone, PartialEq)]
pub enum Adapter {
    /// Rows before the source.
    SoftPrompt(SoftPrompt),
    /// A low-rank share of chosen products.
    Lora(Lora),
}

impl Adapter {
    /// What it is, without its values.
    pub fn kind(&self) -> AdapterKind {
        match self {
            Self::SoftPrompt(prompt) => AdapterKind::SoftPrompt { rows: prompt.rows() },
            Self::Lora(lora) => AdapterKind::Lora(lora.settings().clone()),
        }
    }

    /// The values, in the order of its layout.
    pub fn values(&self) -> &[f32] {
        match self {
            Self::SoftPrompt(prompt) => prompt.values(),
            Self::Lora(lora) => lora.values(),
        }
    }

    /// Which tensors lie where in [`Self::values`].
    pub fn layout(&self) -> AdapterLayout {
        match self {
            Self::SoftPrompt(prompt) => prompt.layout(),
            Self::Lora(lora) => lora.layout().clone(),
        }
    }

    /// Refuses a base model it was not made for.
    pub(crate) fn refuse_other_base(&self, base: &BaseModel) -> Result<()> {
        match self {
            Self::SoftPrompt(prompt) => prompt.refuse_other_width(base),
            Self::Lora(lora) => lora.refuse_other_base(base),
        }
    }
}

impl From<SoftPrompt> for Adapter {
    fn from(prompt: SoftPrompt) -> Self {
        Self::SoftPrompt(prompt)
    }
}

impl From<Lora> for Adapter {
    fn from(lora: Lora) -> Self {
        Self::Lora(lora)
    }
}
