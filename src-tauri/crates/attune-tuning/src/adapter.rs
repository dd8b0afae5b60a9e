//! The layout of an adapter: which tensors lie where inside one flat vector.
//!
//! Not here: values. The optimiser, checkpoints and training passes see one flat vector of f32 and this
//! description of it, so that none of them needs to know what kind of adapter it is.

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
