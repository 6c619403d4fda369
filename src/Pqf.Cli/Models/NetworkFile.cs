using System.Collections.Immutable;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;

namespace Pqf.Cli.Models;

/// <summary>A network read from a file of any kind, with all that its use needs.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">Its kind, for a person.</param>
/// <param name="Model">The network; its values are in the innermost scope of the device at loading.</param>
/// <param name="ClassNames">One name a class.</param>
/// <param name="Unused">Names of the file's tensors that the network does not use.</param>
sealed record NetworkFile(string Path, string Format, PqfModel Model, ImmutableArray<string> ClassNames, ImmutableArray<string> Unused)
{
    /// <summary>Which network it is.</summary>
    public Architecture Architecture => Model.Architecture;

    /// <summary>Its graph.</summary>
    public Graph Graph => Model.Graph;

    /// <summary>Its values.</summary>
    public Parameters Parameters => Model.Parameters;

    /// <summary>How its images are prepared.</summary>
    public Preprocessing Preprocessing => Model.Preprocessing;

    /// <summary>Whether any weight is quantised.</summary>
    public bool IsCompressed => Parameters.IsQuantised;
}
