using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Training;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public TrainerTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_network_learns_and_its_best_epoch_is_told(bool quantised)
    {
        var trainer = SmallTraining.Begin(SmallTraining.Parameters(host, quantised), SmallTraining.Options(epochs: 6));
        var epochs = trainer.Run(TestContext.Current.CancellationToken).OfType<TrainingEvent.EpochFinished>().ToArray();
        Assert.Equal([1, 2, 3, 4, 5, 6], epochs.Select(epoch => epoch.Epoch.Number));
        Assert.True(epochs[^1].Epoch.Training[Metrics.Loss] < 0.5 * epochs[0].Epoch.Training[Metrics.Loss]);
        Assert.True(epochs[^1].Epoch.Validation[Classification.Accuracy] > 0.8);
        double best = epochs.Max(epoch => epoch.Epoch.Score);
        Assert.Equal(
            epochs.Where(epoch => epoch.Epoch.Score == best).MinBy(epoch => epoch.Epoch.Validation[Metrics.Loss])!.Epoch,
            trainer.State.Progress.Best
        );
        Assert.Equal(trainer.State.Progress.Best, epochs.Last(epoch => epoch.IsBest).Epoch);
    }

    // Scores, then losses, of the epochs 1, 2, …
    [Theory]
    [InlineData(2, new[] { 0.5, 0.7, 0.7 }, new[] { 1.0, 0.9, 0.9 })]
    [InlineData(3, new[] { 0.5, 0.7, 0.7 }, new[] { 1.0, 0.9, 0.8 })]
    [InlineData(2, new[] { 0.5, 0.7, 0.6 }, new[] { 1.0, 0.9, 0.1 })]
    [InlineData(2, new[] { 0.5, 0.5 }, new[] { double.NaN, 0.9 })]
    [InlineData(2, new[] { double.NaN, 0.1 }, new[] { 0.1, 0.9 })]
    [InlineData(1, new[] { 0.1, double.NaN }, new[] { 0.9, 0.1 })]
    public void The_highest_score_is_the_best_and_of_equal_ones_the_lowest_loss(int expected, double[] scores, double[] losses)
    {
        TrainingProgress Progress(Func<double, Metrics> training, Func<double, Metrics> validation) =>
            TrainingProgress.Start with
            {
                Epochs =
                [
                    .. scores
                        .Zip(losses, (score, loss) => (score, loss))
                        .Select((pair, i) => new EpochRecord(i + 1, training(pair.loss), validation(pair.loss), pair.score, 0.1)),
                ],
            };
        Metrics Measured(double loss) => new(1, [new(Metrics.Loss, loss)]);
        Assert.Equal(expected, Progress(_ => Metrics.None, Measured).Best!.Number);
        // Detectors' validations measure no loss.
        Assert.Equal(expected, Progress(Measured, _ => Metrics.None).Best!.Number);
    }

    [Fact]
    public void Training_changes_no_code_and_every_codebook()
    {
        var parameters = SmallTraining.Parameters(host, true);
        var before = parameters
            .Values.Where(pair => pair.Value is Weight.Quantised)
            .ToDictionary(
                pair => pair.Key,
                pair => (Codes: ((Weight.Quantised)pair.Value).Codes.ToArray(), Codebook: ((Weight.Quantised)pair.Value).Codebook.ToArray())
            );
        Assert.Equal(3, before.Count);
        var trainer = SmallTraining.Begin(parameters, SmallTraining.Options());
        _ = trainer.Run(TestContext.Current.CancellationToken).Count();
        Assert.All(
            before,
            pair =>
            {
                var after = (Weight.Quantised)trainer.State.Parameters[pair.Key];
                Assert.Equal(pair.Value.Codes, after.Codes.ToArray());
                Assert.NotEqual(pair.Value.Codebook, after.Codebook.ToArray());
            }
        );
    }

    [Fact]
    public void The_state_between_two_steps_is_whole_when_a_run_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var trainer = SmallTraining.Begin(SmallTraining.Parameters(host, false), SmallTraining.Options());
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var step in trainer.Run(cancellation.Token))
                if (step is TrainingEvent.Stepped { Progress.Batch: 2 })
                    cancellation.Cancel();
        });
        Assert.Equal(
            (0, 2, 2, 2),
            (
                trainer.State.Progress.Epoch,
                trainer.State.Progress.Batch,
                trainer.State.Optimizer.StepCount,
                trainer.State.Schedule.BatchCount
            )
        );
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run_with_layer_step_and_learning_rate()
    {
        var trainer = SmallTraining.Begin(
            SmallTraining.Parameters(host, false),
            SmallTraining.Options(new Optimizer.Sgd(), new Schedule.Constant(), 1e38)
        );
        var events = trainer.Run(TestContext.Current.CancellationToken).ToArray();
        Assert.Equal(
            "bn1: its input is not finite and the loss is NaN, at epoch 1, batch 2, learning rate 1e+38. The last saved state is "
                + "untouched; a lower learning_rate may help",
            Assert.IsType<TrainingEvent.Failed>(events[^1]).Error.Message
        );
        Assert.Equal(1, trainer.State.Progress.Batch);
    }

    [Fact]
    public void A_batch_of_which_a_norm_sees_one_value_is_an_error()
    {
        // Two stages of stride 2 leave 1×1 of 4×4 pixels.
        Assert.Equal(
            "layer3.0.bn1: expected more than one value of each channel to train on, got one: a batch of 1 image of 4×4; another "
                + "batch_size may help",
            Classification.Check(SmallTraining.Graph, [1, 4, 4, 1]).ErrorMessage()
        );
        Classification.Check(SmallTraining.Graph, [2, 4, 4, 1]).Value();
        Classification.Check(SmallTraining.Graph, [1, 8, 8, 1]).Value();
    }

    [Fact]
    public void An_error_among_the_batches_ends_the_run()
    {
        var broken = SmallTraining.Data with
        {
            Epoch = (_, _) => [SmallTraining.Batch(new RngKey(1), 6), new PqfError.File("x.png", "is empty")],
        };
        Assert.Equal("x.png: is empty", Assert.IsType<TrainingEvent.Failed>(Events(broken)[^1]).Error.Message);
        var unmeasured = SmallTraining.Data with { Validation = () => [new PqfError.File("y.png", "is empty")] };
        Assert.Equal("y.png: is empty", Assert.IsType<TrainingEvent.Failed>(Events(unmeasured)[^1]).Error.Message);
    }

    [Fact]
    public void A_plateau_is_one_of_the_score_which_is_better_when_higher()
    {
        var options = SmallTraining.Options(new Optimizer.Sgd(), new Schedule.Plateau(Better.Higher, 1, 0.1), 1, 5);
        var weight = Tensor<float>.From(host, [1], [1]);
        var trainer = Scored(weight, options, "quality", [0.1, 0.2, 0.2, 0.1, 0.3]);
        _ = trainer.Run(TestContext.Current.CancellationToken).Count();
        // Not better at epoch 3, waited for once; not better at epoch 4: the rate falls after it.
        Assert.Equal([1, 1, 1, 1, 0.1], trainer.State.Progress.Epochs.Select(done => done.LearningRate));
        Assert.Equal(5, trainer.State.Progress.Best!.Number);
        Assert.Equal(1 - 1 - 1 - 1 - 1 - 0.1f, weight.ToArray()[0], 1e-6f);
    }

    [Fact]
    public void Of_losses_the_lowest_is_the_best_and_a_plateau_is_one_that_does_not_fall()
    {
        var options = SmallTraining.Options(new Optimizer.Sgd(), new Schedule.Plateau(Better.Higher, 1, 0.1), 1, 5);
        var trainer = Scored(Tensor<float>.From(host, [1], [1]), options, Metrics.Loss, [3, 2, 2.0001, 2.0001, 4]);
        _ = trainer.Run(TestContext.Current.CancellationToken).Count();
        Assert.Equal([1, 1, 1, 1, 0.1], trainer.State.Progress.Epochs.Select(done => done.LearningRate));
        Assert.Equal(2, trainer.State.Progress.Best!.Number);
    }

    // Scores of epochs 1, 2, …; the epoch that is the last.
    [Theory]
    [InlineData(2, 5, new[] { 0.1, 0.2, 0.3, 0.3, 0.2, 0.9 })]
    [InlineData(1, 2, new[] { 0.1, 0.1, 0.3 })]
    [InlineData(3, 6, new[] { 0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.5 })]
    [InlineData(2, 6, new[] { 0.1, 0.0, 0.2, 0.1, 0.3, 0.2 })]
    public void Training_ends_once_no_epoch_is_better_for_the_patience(int patience, int last, double[] scores)
    {
        var options = SmallTraining.Options(new Optimizer.Sgd(), new Schedule.Constant(), 1, scores.Length) with { Patience = patience };
        var weight = Tensor<float>.From(host, [1], [1]);
        var trainer = Scored(weight, options, "quality", scores);
        var events = trainer.Run(TestContext.Current.CancellationToken).ToArray();
        Assert.Equal(last, trainer.State.Progress.Epoch);
        Assert.IsType<TrainingEvent.EpochFinished>(events[^1]);
        // A run that resumes from there ends at once, and with more patience it does not.
        var again = Scored(weight, options, "quality", scores, trainer.State);
        Assert.Equal(last < scores.Length, again.IsOutOfPatience);
        Assert.Empty(again.Run(TestContext.Current.CancellationToken));
        var more = Scored(weight, options with { Patience = 10 }, "quality", scores, trainer.State);
        _ = more.Run(TestContext.Current.CancellationToken).Count();
        Assert.Equal(scores.Length, more.State.Progress.Epoch);
    }

    static Trainer<int> Scored(Tensor<float> weight, TrainingOptions options, string score, double[] scores, TrainingState? begun = null)
    {
        int epoch = begun?.Progress.Epoch ?? 0;
        var task = new TrainingTask<int>
        {
            Trainable = ImmutableDictionary<string, Tensor<float>>.Empty.Add("w", weight),
            Epoch = (_, first) => Enumerable.Range(0, 1 - first).Select(batch => (Result<int, PqfError>)batch),
            Evaluate = (_, _) =>
                Grad.ValueAndGrad(
                    (tape, variables) =>
                        (tape.Apply(new Reshape.Function([]), variables["w"]), new StepResult(new(1, [new(Metrics.Loss, 0)]), []))
                )(ImmutableDictionary<string, Tensor<float>>.Empty.Add("w", weight)),
            Validate = _ => new Metrics(1, [new(score, scores[epoch++])]),
            Score = score,
        };
        var state = TrainingState.Start(
            new Parameters(ImmutableDictionary<string, Weight>.Empty.Add("w", new Weight.Dense(weight))),
            task.Trainable,
            options
        );
        return new Trainer<int>(task, begun ?? state, options);
    }

    TrainingEvent[] Events(LabelledData data)
    {
        var parameters = SmallTraining.Parameters(host, false);
        var options = SmallTraining.Options();
        var state = TrainingState.Start(parameters, Trainable.Of(SmallTraining.Graph, parameters), options);
        return
        [
            .. new Trainer<LabelledBatch>(Classification.Task(SmallTraining.Graph, parameters, new(), data), state, options).Run(
                TestContext.Current.CancellationToken
            ),
        ];
    }
}
