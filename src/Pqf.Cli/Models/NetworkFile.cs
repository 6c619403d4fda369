using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>A network read from a file of any kind.</summary>
sealed record NetworkFile
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Its kind, for a person.</summary>
    public required string Format { get; init; }

    /// <summary>Which network it is.</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>Its graph.</summary>
    public required Graph Graph { get; init; }

    /// <summary>Its values, in the innermost scope of the device at loading.</summary>
    public required Parameters Parameters { get; init; }

    /// <summary>Whether the norms came folded into two vectors.</summary>
    public required bool NormsFolded { get; init; }

    /// <summary>How its images are prepared.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>One name a class.</summary>
    public required ImmutableArray<string> ClassNames { get; init; }

    /// <summary>Tensors of the file that the network does not use, one line each.</summary>
    public required ImmutableArray<string> Unused { get; init; }
}
