using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;

namespace Pqf.Cli.Shell;

/// <summary>Options of every command.</summary>
sealed record GlobalOptions
{
    /// <summary>The configuration file.</summary>
    public Option<string?> Config { get; } =
        new("--config")
        {
            Description = "YAML file of settings; any key of it can also be given as --a.b.c VALUE (docs/configuration.md lists them)",
            HelpName = "FILE",
            Recursive = true,
        };

    /// <summary>Also the key <c>seed</c>.</summary>
    public Option<string?> Seed { get; } =
        new("--seed")
        {
            Description = "Seed of everything random: one seed, one result [default: 0]",
            HelpName = "N",
            Recursive = true,
        };

    /// <summary>Also the key <c>threads</c>.</summary>
    public Option<string?> Threads { get; } =
        new("--threads")
        {
            Description = "Threads of the processor; 0 takes all cores [default: 0]",
            HelpName = "N",
            Recursive = true,
        };

    /// <summary>Also the key <c>device</c>.</summary>
    public Option<string?> Device { get; } =
        new("--device")
        {
            Description = "auto, host, cuda, opencl, or one of several: cuda:1 [default: auto]",
            HelpName = "NAME",
            Recursive = true,
        };

    /// <summary>No progress.</summary>
    public Option<bool> Quiet { get; } = new("--quiet") { Description = "Only results and errors: no progress", Recursive = true };

    /// <summary>Options whose values are words that can be completed.</summary>
    public GlobalOptions() => Device.CompletionSources.Add("auto", "host", "cuda", "opencl");

    /// <summary>As typed.</summary>
    public const string JsonName = "--json";

    /// <summary>Results for programs.</summary>
    public Option<bool> Json { get; } =
        new(JsonName)
        {
            Description = "Results as one JSON document (docs/scripting.md)",
            Recursive = true,
            Arity = ArgumentArity.Zero,
        };

    /// <summary>All of them, in the order of the help.</summary>
    public ImmutableArray<Option> All => [Config, Seed, Threads, Device, Quiet, Json];

    /// <summary>What those that are keys too set.</summary>
    public IEnumerable<ConfigOverride> Overrides(ParseResult parsed) =>
        new[] { ("seed", Seed), ("threads", Threads), ("device", Device) }
            .Where(pair => parsed.GetValue(pair.Item2) is not null)
            .Select(pair => new ConfigOverride([pair.Item1], parsed.GetValue(pair.Item2)!));
}
