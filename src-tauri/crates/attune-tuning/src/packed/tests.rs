//! What the packed pass promises about kernels and about its work.

use super::{Kernels, PackedPass};
use crate::{
    AdapterKind, Architecture, Dropout, EncodedExample, LoraSettings, LoraTarget, PackedBatch, TrainingPass,
    fixtures,
};

#[test]
fn in_the_packed_pass_the_number_of_cores_changes_no_bit() {
    let base = fixtures::tiny_base();
    let rows = fixtures::oracle_rows();
    let passes = Kernels::all().into_iter().flat_map(|kernels| [(kernels, true), (kernels, false)]);
    for ((kernels, in_bf16), is_prompt) in passes.flat_map(|pass| [(pass, true), (pass, false)]) {
        let adapter = match is_prompt {
            true => fixtures::peft_prompt(&base),
            false => fixtures::peft_lora(&base, "peft_lora_everywhere"),
        };
        let results = [1, 2, 5].map(|cores| {
            let kind = Some(adapter.kind());
            let mut pass = PackedPass::on_cores(&base, kind, cores, in_bf16, kernels).expect("threads");
            let mut gradient = vec![0.0; adapter.values().len()];
            let rows = [(); 8].into_iter().flat_map(|()| &rows);
            let batch = PackedBatch::pack(rows).expect("rows");
            let batch = batch.with_dropout(Dropout::of_step(0.1, 1, 0));
            let loss = pass.loss_and_gradient(adapter.values(), &batch, &mut gradient);
            assert!(pass.results.len() > 1, "one share alone cannot show a dependence");
            (loss.expect("a loss"), gradient)
        });
        assert_eq!(results[0], results[1], "{kernels:?}, bf16: {in_bf16}");
        assert_eq!(results[0], results[2], "{kernels:?}, bf16: {in_bf16}");
    }
}

#[test]
fn every_kernel_gives_the_same_pass_but_for_the_order_of_sums() {
    let base = fixtures::tiny_base();
    let adapter = fixtures::peft_lora(&base, "peft_lora_everywhere");
    let batch = fixtures::oracle_batch();
    // In bf16 a sum in another order is rounded to the other neighbour here and there.
    for (in_bf16, loss_near, gradient_near) in [(false, 1e-6, 1e-5), (true, 1e-3, 0.02)] {
        let results: Vec<_> = Kernels::all()
            .into_iter()
            .map(|kernels| {
                let kind = Some(adapter.kind());
                let mut pass = PackedPass::on_cores(&base, kind, 1, in_bf16, kernels).expect("threads");
                let mut gradient = vec![0.0; adapter.values().len()];
                let loss = pass.loss_and_gradient(adapter.values(), &batch, &mut gradient);
                (loss.expect("a loss").mean, gradient)
            })
            .collect();
        for (loss, gradient) in &results {
            let expected = results[0].0;
            assert!((loss - expected).abs() < loss_near * loss, "{loss}, another says {expected}");
            assert!(fixtures::relative_difference(gradient, &results[0].1) < gradient_near);
        }
    }
}

/// Multiply-adds of the weights and of attention for rows of these lengths, in the encoder and in the decoder.
struct Needed<'a> {
    architecture: &'a Architecture,
    rows: &'a [[usize; 2]],
    /// Of LoRA on q and v; zero for a soft prompt.
    rank: usize,
}

impl Needed<'_> {
    fn width(&self) -> usize {
        self.architecture.width
    }

    fn attention(&self) -> usize {
        self.architecture.attention_width()
    }

    fn read(&self) -> usize {
        self.rows.iter().map(|[read, _]| read).sum()
    }

    fn written(&self) -> usize {
        self.rows.iter().map(|[_, written]| written).sum()
    }

    /// A product with q, k, v or o.
    fn projection(&self, positions: usize) -> usize {
        positions * self.width() * self.attention()
    }

    /// What LoRA adds to a projection: through A and B.
    fn low_rank(&self, positions: usize) -> usize {
        positions * self.rank * (self.width() + self.attention())
    }

    fn feed_forward(&self, positions: usize) -> usize {
        3 * positions * self.width() * self.architecture.feed_forward_width
    }

    /// One of scores, joined values and their slopes.
    fn pairs(&self, queries: usize, keys: usize) -> usize {
        self.rows.iter().map(|row| row[queries] * row[keys]).sum::<usize>() * self.attention()
    }

    fn forward(&self) -> usize {
        let (read, written) = (self.read(), self.written());
        let encoder = 4 * self.projection(read) + self.feed_forward(read) + 2 * self.pairs(0, 0);
        let decoder = 6 * self.projection(written) + 2 * self.projection(read) + self.feed_forward(written);
        let low_rank = [2 * self.low_rank(read), 3 * self.low_rank(written) + self.low_rank(read)];
        self.architecture.encoder_layers * (encoder + low_rank[0])
            + self.architecture.decoder_layers
                * (decoder + low_rank[1] + 2 * (self.pairs(1, 1) + self.pairs(1, 0)))
            + self.head()
    }

    fn head(&self) -> usize {
        self.written() * self.width() * self.architecture.vocabulary
    }

    /// Beside the head, every product's slope by its input: of attention four, as each of two products has two factors.
    fn backward(&self) -> usize {
        let (read, written) = (self.read(), self.written());
        let attention = |positions| 4 * self.projection(positions);
        let own = |positions, side| attention(positions) + 4 * self.pairs(side, side);
        let cross = 2 * self.projection(written) + 2 * self.projection(read) + 4 * self.pairs(1, 0);
        let encoder = self.architecture.encoder_layers * (own(read, 0) + self.feed_forward(read));
        let decoder =
            self.architecture.decoder_layers * (own(written, 1) + cross + self.feed_forward(written));
        // A and B have slopes too: each of the two products with them has three.
        let adapted = [2 * read, 3 * written + read].map(|positions| 2 * self.low_rank(positions));
        let low_rank =
            self.architecture.encoder_layers * adapted[0] + self.architecture.decoder_layers * adapted[1];
        encoder + decoder + low_rank + self.head() - self.spared()
    }

    /// What nothing that is learned depends on.
    fn spared(&self) -> usize {
        let (read, written) = (self.read(), self.written());
        if self.rank == 0 {
            // The decoder's first own attention, and the queries that follow it.
            let own = 4 * self.projection(written) + 4 * self.pairs(1, 1);
            return own + self.projection(written) + self.pairs(1, 0);
        }
        // In the first attention of each stack nothing before q and v: no slope by q's, k's and v's input, by way of
        // LoRA or not, and none by the keys.
        let first = |positions, side| {
            3 * self.projection(positions) + 2 * positions * self.rank * self.width() + self.pairs(side, side)
        };
        first(read, 0) + first(written, 1)
    }
}

#[test]
fn a_step_multiplies_what_real_rows_need_and_nothing_else() {
    let shape = fixtures::RandomBase {
        width: 37,
        head_width: 11,
        heads: 3,
        feed_forward_width: 53,
        encoder_layers: 3,
        decoder_layers: 2,
        vocabulary: 777,
    };
    let base = shape.load_smooth(3);
    let lengths = [[1, 1], [9, 30], [40, 2], [17, 5]];
    let batch = {
        let tokens = |length: usize| (0..length as u32).map(|place| place * 5 % 200).collect();
        let rows =
            lengths.map(|[read, written]| EncodedExample { source: tokens(read), target: tokens(written) });
        PackedBatch::pack(&rows).expect("rows")
    };
    let targets = [LoraTarget::Q, LoraTarget::V].into();
    let lora = AdapterKind::Lora(LoraSettings { rank: 5, targets, ..LoraSettings::default() });
    for (kind, prompt_rows, rank) in [(AdapterKind::SoftPrompt { rows: 6 }, 6, 0), (lora, 0, 5)] {
        let rows = lengths.map(|[read, written]| [prompt_rows + read, written]);
        let needed = Needed { architecture: base.architecture(), rows: &rows, rank };
        for in_bf16 in [false, true] {
            let mut pass = PackedPass::on_cores(&base, Some(kind.clone()), 2, in_bf16, Kernels::best())
                .expect("threads");
            let values = vec![0.01; pass.layout().parameters()];
            pass.loss(&values, &batch).expect("a loss");
            assert_eq!(pass.multiplied(), needed.forward() as u64, "{kind:?}, bf16: {in_bf16}");
            pass.loss_and_gradient(&values, &batch, &mut vec![0.0; values.len()]).expect("a loss");
            let all = 2 * needed.forward() + needed.backward();
            assert_eq!(pass.multiplied(), all as u64, "{kind:?}, bf16: {in_bf16}");
        }
    }
}
