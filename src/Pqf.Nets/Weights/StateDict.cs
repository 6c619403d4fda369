using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

/// <summary>Parameters from and to the tensors of a file, under PyTorch's names.</summary>
public static partial class StateDict
{
    /// <summary>
    /// The parameters of a network from a file that holds them densely, or in the published compressed form: <c>X.codes_matrix</c> and
    /// <c>X.codebook</c> for <c>X.weight</c>, and norms of <c>weight</c> and <c>bias</c> alone, which take mean 0 and variance 1; or norms
    /// as ONNX models hold them (see <see cref="FusedNorms"/>).
    /// </summary>
    /// <param name="graph">The network.</param>
    /// <param name="file">Under any names that <see cref="NamedTensors"/> knows; any floating-point type, codes of 8 or 16 bits.</param>
    /// <param name="device">Where the tensors go; they belong to its innermost scope.</param>
    /// <returns>The parameters, with a report of what the file holds beyond them; or an error that lists everything missing and mismatched,
    /// or every tensor that holds a value that is not finite or a code outside its codebook.</returns>
    public static Result<(Parameters Parameters, LoadReport Report), PqfError> Load(Graph graph, TensorFile file, Device device) =>
        NamedTensors.Of(file).Bind(tensors => Load(graph, tensors, device));

    /// <summary>The same for a file whose names are known.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="tensors">By the names used here.</param>
    /// <param name="device">Where the values go; they belong to its innermost scope.</param>
    public static Result<(Parameters Parameters, LoadReport Report), PqfError> Load(Graph graph, NamedTensors tensors, Device device)
    {
        var file = tensors.File;
        var stored = FusedNorms.Restore(graph, file.ByName.ToDictionary());
        bool normsFolded = !stored.Keys.Any(name =>
            name.EndsWith(".running_mean", StringComparison.Ordinal) || name.EndsWith(".running_var", StringComparison.Ordinal)
        );
        var specs = ParameterSpecs.Of(graph);
        ImmutableArray<Source> sources = [.. specs.Select(spec => Source.Find(spec, stored, normsFolded))];
        var report = Report(specs, sources, stored, tensors) with
        {
            NormsFolded = normsFolded && specs.Any(spec => spec.Role == ParameterRole.RunningMean),
            // Compressed files fold their statistics into two vectors, ONNX models into others.
            LacksStatistics =
                normsFolded
                && !sources.Any(source => source.IsCompressed)
                && specs.Any(spec => spec.Role == ParameterRole.NormWeight && file.ByName.ContainsKey(spec.Name)),
        };
        if (!report.Fits)
            return new PqfError.File(file.Path, "the tensors do not fit the network:") { Findings = report.Findings };
        using var scope = device.BeginScope();
        // Half precision is how a compressed network is held; in a dense one's file it is the type that its program computed in.
        bool isCompressed = sources.Any(source => source.IsCompressed);
        ImmutableArray<Result<Weight, PqfError>> weights =
        [
            .. specs.Zip(sources, (spec, source) => Read(spec, source, file.Path, device, isCompressed)),
        ];
        ImmutableArray<PqfError> errors = [.. weights.OfType<Result<Weight, PqfError>.Error>().Select(error => error.Value)];
        if (!errors.IsEmpty)
            return errors is [var single] ? single : new PqfError.Several(errors);
        var values = specs.Zip(
            weights.OfType<Result<Weight, PqfError>.Ok>(),
            (spec, weight) => KeyValuePair.Create(spec.Name, weight.Value)
        );
        var parameters = new Parameters(values.ToImmutableDictionary());
        scope.KeepAll(parameters.Tensors());
        return (parameters, report);
    }

    static LoadReport Report(
        ImmutableArray<ParameterSpec> specs,
        ImmutableArray<Source> sources,
        Dictionary<string, StoredTensor> stored,
        NamedTensors tensors
    )
    {
        var used = sources.SelectMany(source => source.Names).ToHashSet();
        ImmutableArray<string> unused =
        [
            .. stored.Keys.Where(name => !used.Contains(name) && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal)),
        ];
        ImmutableArray<string> missing = [.. sources.OfType<Source.Missing>().Select(source => source.Name)];
        HashSet<string> modules = [.. specs.Select(spec => spec.Layer.Split('.')[0])];
        IEnumerable<string> inFile = unused.IsEmpty ? stored.Keys : unused,
            inNetwork = missing.IsEmpty ? specs.Select(spec => spec.Name) : missing;
        return new LoadReport
        {
            NeededCount = sources.Count(source => source is not Source.Constant),
            Missing = [.. missing.Select(name => new Unmatched(name, NearestName.Of(name, inFile)))],
            Unused =
            [
                .. unused.Select(name => new Unmatched(tensors.OwnName(name), NearestName.Of(name, inNetwork))),
                .. tensors
                    .Outside.Where(name => !name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                    .Select(name => new Unmatched(name, null)),
            ],
            Extra =
            [
                .. unused
                    .Where(name =>
                        name.Contains('.', StringComparison.Ordinal) && modules.Contains(name.Split('.')[0]) && !tensors.HasGraph
                    )
                    .Select(tensors.OwnName)
                    .Concat(unused.Select(tensors.OwnName).Concat(tensors.Outside).Where(tensors.Extra.Contains))
                    .Distinct()
                    .Where(name => missing.IsEmpty && !IsCount(name)),
            ],
            Mismatched =
            [
                .. specs
                    .Zip(sources)
                    .Where(pair => pair.Second.Misfit(pair.First) is not null)
                    .Select(pair => new Mismatched(pair.First.Name, pair.First.Shape, pair.Second.Misfit(pair.First)!)),
            ],
        };
    }

    /// <summary>Whether a tensor is a count that changes no result: of batches, or of operations and parameters, as the package thop
    /// leaves them in every module.</summary>
    static bool IsCount(string name) => name[(name.LastIndexOf('.') + 1)..] is "num_batches_tracked" or "total_ops" or "total_params";

    static Result<Weight, PqfError> Read(ParameterSpec spec, Source source, string path, Device device, bool isCompressed) =>
        source switch
        {
            Source.Dense x => ReadSingles(x.Tensor, path, device, spec.Role == ParameterRole.RunningVar ? 0 : float.NegativeInfinity)
                .Map<Weight>(value => new Weight.Dense(value.Reshape(spec.Shape)) { Form = Form(x.Tensor, isCompressed) }),
            Source.Quantised x => ReadSingles(x.Codebook, path, device)
                .Bind(codebook =>
                    ReadCodes(x.Codes, codebook.Shape[0], path, device)
                        .Map<Weight>(codes => new Weight.Quantised(codebook, codes, spec.Shape)
                        {
                            CodebookForm = x.Codebook.EncodedAs == DType.I8 ? ValueForm.Scaled8 : ValueForm.Half,
                        })
                ),
            Source.Constant x => new Weight.Dense(
                Tensor<float>.From(device, spec.Shape, [.. Enumerable.Repeat(x.Value, spec.Shape.Count)])
            ),
            _ => throw new UnreachableException(),
        };

    static ValueForm Form(StoredTensor tensor, bool isCompressed) =>
        tensor.EncodedAs switch
        {
            DType.I8 => ValueForm.Scaled8,
            DType.F16 when isCompressed => ValueForm.Half,
            _ => ValueForm.Single,
        };

    /// <summary>Where a parameter's value comes from.</summary>
    abstract record Source(params ImmutableArray<string> Names)
    {
        /// <summary>Whether only compressed files have such.</summary>
        public bool IsCompressed => this is Quantised or Dense { Tensor.EncodedAs: DType.I8 };

        public sealed record Dense(string Name, StoredTensor Tensor) : Source(Name);

        public sealed record Quantised(string CodesName, StoredTensor Codes, string CodebookName, StoredTensor Codebook)
            : Source(CodesName, CodebookName);

        public sealed record Constant(float Value) : Source;

        public sealed record Missing(string Name) : Source;

        public static Source Find(ParameterSpec spec, Dictionary<string, StoredTensor> stored, bool normsFolded)
        {
            if (stored.TryGetValue(spec.Name, out var tensor))
                return new Dense(spec.Name, tensor);
            if (normsFolded && spec.Role is (ParameterRole.RunningMean or ParameterRole.RunningVar))
                return new Constant(spec.Role == ParameterRole.RunningVar ? 1 : 0);
            string codesName = $"{spec.Layer}.codes_matrix",
                codebookName = $"{spec.Layer}.codebook";
            if (spec.Role != ParameterRole.Weight || (!stored.ContainsKey(codesName) && !stored.ContainsKey(codebookName)))
                return new Missing(spec.Name);
            return !stored.TryGetValue(codesName, out var codes) ? new Missing(codesName)
                : !stored.TryGetValue(codebookName, out var codebook) ? new Missing(codebookName)
                : new Quantised(codesName, codes, codebookName, codebook);
        }

        /// <summary>What is there, if its shape is not the one needed.</summary>
        public string? Misfit(ParameterSpec spec) =>
            this switch
            {
                Dense x when x.Tensor.Shape != spec.Shape => x.Tensor.Shape.ToString(),
                Quantised x when !WeightShapes.CodesFit(x.Codes.Shape, x.Codebook.Shape, spec.Shape) => WeightShapes.CodesText(
                    x.Codes.Shape,
                    x.Codebook.Shape
                ),
                _ => null,
            };
    }
}
