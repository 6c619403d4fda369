using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class TrainingCheckpointTests : IDisposable
{
    static readonly ImmutableSortedDictionary<string, string> Settings = ImmutableSortedDictionary<string, string>.Empty.Add("seed", "5");

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<bool, Optimizer, Schedule> Runs { get; } =
        new()
        {
            { false, new Optimizer.Adam(), new Schedule.Cosine(8, 1e-5) },
            { true, new Optimizer.Adam(), new Schedule.Cosine(8, 1e-5) },
            { true, new Optimizer.Sgd(0.9, 1e-3), new Schedule.Plateau(Better.Higher, 0, 0.5) },
            { false, new Optimizer.Sgd(0.9), new Schedule.MultiStep([1]) },
        };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Stopping_and_going_on_gives_what_not_stopping_gives_to_the_bit(bool quantised, Optimizer optimizer, Schedule schedule)
    {
        var options = SmallTraining.Options(optimizer, schedule);
        string whole = Run(options, quantised, int.MaxValue, "whole");
        // Within an epoch, after an epoch's last step but before its validation, at an epoch's end, in the last epoch.
        foreach (int stop in (int[])[1, 4, 5, 6, 9])
        {
            string begun = Run(options, quantised, stop, "begun");
            Assert.NotEqual(File.ReadAllBytes(whole), File.ReadAllBytes(begun));
            Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(Resume(options, begun, "joined")));
        }
    }

    [Fact]
    public void A_state_that_is_not_finite_is_not_written_over_a_good_one()
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var parameters = SmallTraining.Parameters(device, true);
        var state = TrainingState.Start(parameters, Trainable.Of(SmallTraining.Graph, parameters), SmallTraining.Options());
        Write(state, "x.state").Value();
        byte[] good = File.ReadAllBytes(folder.File("x.state"));
        state.Optimizer.Averages["fc.codebook.exp_avg"].Overwrite([.. new float[11], float.NaN]);
        Assert.Equal(
            "optimiser.fc.codebook.exp_avg: holds values that are not finite at epoch 1, batch 1, after a step of learning rate "
                + "0. The last saved state is untouched; a lower learning_rate may help",
            Write(state, "x.state").ErrorMessage()
        );
        Assert.Equal(good, File.ReadAllBytes(folder.File("x.state")));
    }

    [Fact]
    public void What_was_measured_comes_back_though_it_be_no_number()
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var parameters = SmallTraining.Parameters(device, false);
        var state = TrainingState.Start(
            parameters,
            Trainable.Of(SmallTraining.Graph, parameters),
            SmallTraining.Options(),
            [new("quantised", new(3, [new("loss", double.NaN), new("accuracy", 1.0 / 3)]))]
        );
        Write(state, "x.state").Value();
        using var file = TensorFiles.Open(folder.File("x.state")).Value();
        var (progress, settings) = TrainingCheckpoint.ReadProgress(file).Value();
        Assert.Equal(state.Progress.Initial[0].Validation.Means, progress.Initial[0].Validation.Means);
        Assert.Equal(Settings, settings);
    }

    [Fact]
    public void A_state_of_another_optimizer_and_a_file_that_is_no_state_are_errors()
    {
        string path = Run(SmallTraining.Options(), false, 1, "x");
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        using var file = TensorFiles.Open(path).Value();
        Assert.Equal(
            $"{path}: expected the averages of the run's optimizer, and optimiser.bn1.bias.exp_avg is in only one of the two: was "
                + $"it trained with another optimizer?",
            TrainingCheckpoint.Read(file, new Optimizer.Sgd(), device).ErrorMessage()
        );
        Model(SmallTraining.Parameters(device, false)).Write(folder.File("x.pqf")).Value();
        using var model = TensorFiles.Open(folder.File("x.pqf")).Value();
        Assert.Equal(
            $"{folder.File("x.pqf")}: expected the state of a training run, format pqf-training, version 1; it is a safetensors file",
            TrainingCheckpoint.ReadProgress(model).ErrorMessage()
        );
    }

    static PqfModel Model(Parameters parameters) =>
        new()
        {
            Architecture = SmallTraining.Architecture,
            Graph = SmallTraining.Graph,
            Parameters = parameters,
            Preprocessing = new Preprocessing
            {
                Resize = 8,
                Crop = 8,
                Mean = [0],
                Deviation = [1],
            },
        };

    Result<Unit, PqfError> Write(TrainingState state, string name) =>
        TrainingCheckpoint.Write(folder.File(name), Model(state.Parameters), state, Settings);

    string Run(TrainingOptions options, bool quantised, int events, string name)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        return Take(SmallTraining.Begin(SmallTraining.Parameters(device, quantised), options), events, name);
    }

    string Resume(TrainingOptions options, string path, string name)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        using var file = TensorFiles.Open(path).Value();
        return Take(
            SmallTraining.Resume(TrainingCheckpoint.Read(file, options.Optimizer, device).Value().State, options),
            int.MaxValue,
            name
        );
    }

    /// <summary>Takes some events, then writes the state.</summary>
    string Take(Trainer<LabelledBatch> trainer, int events, string name)
    {
        Assert.DoesNotContain(trainer.Run(TestContext.Current.CancellationToken).Take(events), step => step is TrainingEvent.Failed);
        Write(trainer.State, name).Value();
        return folder.File(name);
    }
}
