using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pqf.Autodiff;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Training;

/// <summary>A run's state as a file: what <c>--resume</c> starts from.</summary>
/// <remarks>
/// The file is safetensors. Beside the tensors of a <c>.pqf</c> file, with codebooks in single precision and norms of four vectors, it
/// holds the optimizer's
/// averages as <c>optimizer.NAME</c>; the text has <c>format</c> "pqf-training", and the schedule and progress as JSON under
/// <c>training</c>.
/// </remarks>
public static class TrainingCheckpoint
{
    const string Format = "pqf-training",
        Version = "1",
        AveragePrefix = "optimiser.",
        TrainingKey = "training";

    /// <summary>Writes a state, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">What the network is; its own parameters are not looked at.</param>
    /// <param name="state">Its tensors are read while the file is written.</param>
    /// <param name="settings">What a resumed run must have in common with this one.</param>
    /// <returns>An error, and no file, if a value is not finite: the state is none to resume from.</returns>
    public static Result<Unit, PqfError> Write(
        string path,
        PqfModel model,
        TrainingState state,
        ImmutableSortedDictionary<string, string> settings
    )
    {
        var training = new TrainingText(state.Optimizer.StepCount, state.Schedule, state.Progress, settings);
        var text = new Dictionary<string, string>(model.ToMetadata())
        {
            ["format"] = Format,
            ["version"] = Version,
            [TrainingKey] = JsonSerializer.Serialize(training, TrainingJson.Default.TrainingText),
        };
        return CheckFinite(model.Graph, state)
            .Bind(_ =>
                Safetensors.Write(path, [.. NetworkTensors(model.Graph, state.Parameters), .. AverageTensors(state.Optimizer)], text)
            );
    }

    /// <summary>Says whether a state is one to resume from: a step whose loss was finite may yet have left values that are not.</summary>
    public static Result<Unit, PqfError> CheckFinite(Graph graph, TrainingState state) =>
        NetworkTensors(graph, state.Parameters)
            .Concat(AverageTensors(state.Optimizer))
            .FirstOrDefault(tensor => tensor.Type == DType.F32 && !IsFinite(tensor.ToSingles()))
            is { } bad
            ? new PqfError.Layer(
                bad.Name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"holds values that are not finite at epoch {state.Progress.Epoch + 1}, batch {state.Progress.Batch + 1}, "
                        + $"after a step of learning rate {state.Progress.LearningRate:g4}. The last saved state is untouched; a lower "
                        + $"learning_rate may help"
                )
            )
            : default(Unit);

    /// <summary>Whether a file holds a run's state.</summary>
    public static bool Is(TensorFile file) => file.Metadata.GetValueOrDefault("format") == Format;

    /// <summary>How far a run was, and its settings.</summary>
    public static Result<(TrainingProgress Progress, ImmutableSortedDictionary<string, string> Settings), PqfError> ReadProgress(
        TensorFile file
    ) => Text(file).Map(text => (text.Progress, text.Settings));

    /// <summary>Reads a state.</summary>
    /// <param name="file">Open; needed no longer afterwards.</param>
    /// <param name="optimizer">The run's: the file must hold its averages and no others.</param>
    /// <param name="device">Where the tensors go; they belong to its innermost scope.</param>
    public static Result<(PqfModel Model, TrainingState State), PqfError> Read(TensorFile file, Optimizer optimizer, Device device)
    {
        var averages = file
            .Tensors.Where(tensor => tensor.Name.StartsWith(AveragePrefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[AveragePrefix.Length..]);
        var network = new TensorFile(
            file.Path,
            file.Format,
            file.Tensors.Where(tensor => !tensor.Name.StartsWith(AveragePrefix, StringComparison.Ordinal)),
            file.Metadata
        );
        return Text(file)
            .Bind(text =>
                ModelMetadata
                    .Read(file)
                    .Bind(metadata => PqfModel.From(network, metadata, device))
                    .Map(model => model.WithForms())
                    .Bind(model =>
                        Averages(
                                file,
                                averages,
                                optimizer.Start(Networks.FamilyOf(model.Architecture).TrainableOf(model.Graph, model.Parameters))
                            )
                            .Map(state =>
                                (
                                    model,
                                    new TrainingState(
                                        model.Parameters,
                                        state with
                                        {
                                            StepCount = text.StepCount,
                                        },
                                        text.Schedule,
                                        text.Progress
                                    )
                                )
                            )
                    )
            );
    }

    /// <summary>Whether all values are finite: x − x is 0 for finite x and NaN otherwise.</summary>
    static bool IsFinite(ReadOnlySpan<float> values)
    {
        int i = 0;
        var differences = Vector<float>.Zero;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var value = new Vector<float>(values[i..]);
            differences += value - value;
        }

        float sum = Vector.Sum(differences);
        for (; i < values.Length; i++)
            sum += values[i] - values[i];
        return sum == 0;
    }

    static IEnumerable<StoredTensor> NetworkTensors(Graph graph, Parameters parameters) =>
        ParameterSpecs
            .Of(graph)
            .SelectMany(spec =>
                parameters[spec.Name]
                    .Match<IEnumerable<StoredTensor>>(
                        dense => [ModelTensors.Dense(spec.Name, dense)],
                        quantised =>
                            [ModelTensors.Codes(spec.Layer, quantised), Singles(Trainable.CodebookName(spec.Layer), quantised.Codebook)]
                    )
            );

    static IEnumerable<StoredTensor> AverageTensors(OptimizerState state) =>
        state.Averages.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Singles(AveragePrefix + pair.Key, pair.Value));

    static StoredTensor Singles(string name, Tensor<float> tensor) =>
        new(name, DType.F32, tensor.Shape, bytes => tensor.CopyTo(MemoryMarshal.Cast<byte, float>(bytes)));

    /// <summary>Fills the averages of a fresh state from the file's.</summary>
    static Result<OptimizerState, PqfError> Averages(TensorFile file, Dictionary<string, StoredTensor> stored, OptimizerState fresh)
    {
        if (
            fresh
                .Averages.Keys.Except(stored.Keys)
                .Concat(stored.Keys.Except(fresh.Averages.Keys))
                .Order(StringComparer.Ordinal)
                .FirstOrDefault() is
            { } name
        )
            return new PqfError.File(
                file.Path,
                $"expected the averages of the run's optimizer, and {AveragePrefix}{name} is in only one of the two: was it "
                    + $"trained with another optimizer?"
            );
        foreach (var (key, tensor) in fresh.Averages)
        {
            if (stored[key].Shape != tensor.Shape)
                return new PqfError.File(file.Path, $"{AveragePrefix}{key}: expected {tensor.Shape}, got {stored[key].Shape}");
            float[] values = stored[key].ToSingles();
            if (!IsFinite(values))
                return new PqfError.File(file.Path, $"{AveragePrefix}{key}: expected finite values");
            tensor.Overwrite(values);
        }

        return fresh;
    }

    static Result<TrainingText, PqfError> Text(TensorFile file)
    {
        if (!Is(file) || file.Metadata.GetValueOrDefault("version") != Version)
            return new PqfError.File(
                file.Path,
                $"expected the state of a training run, format {Format}, version {Version}; it is a {file.Format} file"
            );
        try
        {
            return
                file.Metadata.TryGetValue(TrainingKey, out string? text)
                && JsonSerializer.Deserialize(text, TrainingJson.Default.TrainingText) is { } training
                ? training
                : new PqfError.File(file.Path, $"metadata: {TrainingKey}: is missing");
        }
        catch (Exception exception) when (JsonProblem.IsOne(exception))
        {
            return new PqfError.File(file.Path, $"metadata: {TrainingKey}: {JsonProblem.Describe(exception)}");
        }
    }
}

/// <summary>The part of a state that is not tensors.</summary>
sealed record TrainingText(
    int StepCount,
    ScheduleState Schedule,
    TrainingProgress Progress,
    ImmutableSortedDictionary<string, string> Settings
);

/// <summary>JSON of a state, without reflection.</summary>
[JsonSourceGenerationOptions(
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(TrainingText))]
sealed partial class TrainingJson : JsonSerializerContext;
