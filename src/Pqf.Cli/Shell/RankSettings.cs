using System.Collections.Immutable;
using System.Security.Cryptography;
using Pqf.Cli.Configuration;
using Pqf.Cli.Results;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Shell;

/// <summary>What all processes of a run must have in common.</summary>
static class RankSettings
{
    // Each machine may have its own.
    static readonly ImmutableArray<string> own = ["threads", "device", "num_workers", "quiet"];

    /// <summary>Program, network and settings, a line each.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="network">The network's file.</param>
    public static Result<ImmutableArray<string>, PqfError> Lines(Config config, string network) =>
        IoProblem
            .Try(
                network,
                () =>
                {
                    using var stream = InputFile.Open(network);
                    return Convert.ToHexStringLower(SHA256.HashData(stream));
                }
            )
            .Map<ImmutableArray<string>>(hash =>
                [
                    $"program: {VersionResult.Current().Program}",
                    $"{network}: SHA-256 {hash}",
                    .. StoredConfig
                        .Text(config, null)
                        .Split('\n')
                        .Skip(1)
                        .Select(line => line.Trim())
                        .Where(line => line.Length > 0 && !own.Contains(line.Split(':')[0])),
                ]
            );
}
