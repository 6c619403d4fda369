using Pqf.Compression.Reporting;

namespace Pqf.Cli.Results;

/// <summary>A compressed model whose network is not run.</summary>
/// <param name="Path">The file.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="ModelBytes">Size of the model that was compressed, with the files beside it.</param>
/// <param name="Operators">Operators that are not run, and are passed through as they are.</param>
/// <param name="Layers">Layers with codes, in the order of the model's nodes.</param>
/// <param name="MeanRelativeError">Mean of the relative errors of layers with codes.</param>
sealed record CompressPartialResult(
    string Path,
    long SizeBytes,
    long ModelBytes,
    IReadOnlyList<PassedOperator> Operators,
    IReadOnlyList<QuantisedLayer> Layers,
    double MeanRelativeError
) : CommandResult
{
    /// <summary>Layers without codes, in the same order.</summary>
    public IReadOnlyList<UncodedLayer> Uncoded { get; init; } = [];

    /// <summary>How many times smaller the file is than the model.</summary>
    public double Ratio => (double)ModelBytes / SizeBytes;

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            $"wrote    {Path} ({Figures.Count(SizeBytes)} bytes)",
            QuantisedLayer.Line(Layers.Count, Uncoded, MeanRelativeError),
            $"size     {Figures.Size(8 * SizeBytes, "the model's", 8 * ModelBytes)}",
        ];
}

/// <summary>An operator that is not run.</summary>
/// <param name="Name">As the model has it.</param>
/// <param name="Count">Nodes of it.</param>
sealed record PassedOperator(string Name, int Count);
