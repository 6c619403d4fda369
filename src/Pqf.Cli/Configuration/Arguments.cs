using System.Collections.Immutable;
using Pqf.Nets.Coco;
using Pqf.Tensors;

namespace Pqf.Cli.Configuration;

/// <summary>The command line in two parts: configuration keys, and the rest.</summary>
/// <param name="Rest">For the command-line parser.</param>
/// <param name="Overrides">Keys, in order.</param>
sealed record Arguments(ImmutableArray<string> Rest, ImmutableArray<ConfigOverride> Overrides)
{
    /// <summary>Both, as they were typed.</summary>
    public ImmutableArray<string> Typed { get; init; } = [];

    /// <summary>Mappings whose keys are layers' names, which hold dots themselves.</summary>
    static readonly ImmutableArray<string> LayerMappings = ["model.compression_parameters.layer_specs.", "model.permutation_specs."];

    /// <summary>Splits <c>--a.b.c value</c> and <c>--a.b.c=value</c> off, before the parser's list arguments swallow them.</summary>
    /// <param name="arguments">As typed.</param>
    /// <param name="options">Names the parser knows, with their dashes; these stay.</param>
    /// <param name="keys">Every key of the configuration.</param>
    /// <param name="others">Options of other commands, for suggestions.</param>
    public static Result<Arguments, PqfError> Split(
        IReadOnlyList<string> arguments,
        IReadOnlyCollection<string> options,
        ImmutableArray<string> keys,
        IReadOnlyCollection<string>? others = null
    )
    {
        var rest = ImmutableArray.CreateBuilder<string>();
        var overrides = ImmutableArray.CreateBuilder<ConfigOverride>();
        var errors = ImmutableArray.CreateBuilder<PqfError>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument == "--")
            {
                rest.AddRange(arguments.Skip(i));
                break;
            }

            var (name, value) = Cut(argument);
            if (!argument.StartsWith("--", StringComparison.Ordinal) || options.Contains(name))
            {
                rest.Add(argument);
                continue;
            }

            string key = name[2..];
            bool isKnown = key.Contains('.', StringComparison.Ordinal) || keys.Contains(key),
                hasNext = i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (!isKnown)
                errors.Add(Unknown(name, options, keys, others ?? []));
            else if (value is null && !hasNext)
                errors.Add(new PqfError.Config(ConfigLoader.CommandLine, name, "expected a value after it, got none"));
            else
                overrides.Add(new ConfigOverride(PathOf(key), value ?? arguments[++i]));
        }

        return errors switch
        {
            [] => new Arguments(rest.ToImmutable(), overrides.ToImmutable()) { Typed = [.. arguments] },
            [var one] => one,
            _ => new PqfError.Several(errors.ToImmutable()),
        };
    }

    static PqfError.Config Unknown(
        string name,
        IReadOnlyCollection<string> options,
        ImmutableArray<string> keys,
        IReadOnlyCollection<string> others
    ) =>
        new(
            ConfigLoader.CommandLine,
            name,
            Suggestion.ForOption(name, options, keys, others) is { } near
                ? $"unknown option; the nearest known one is {near}"
                : "unknown option; pqf COMMAND --help and docs/configuration.md list the known ones"
        );

    /// <summary>The components of a key; a layer's name, dots and all, is one of them.</summary>
    public static ImmutableArray<string> PathOf(string key)
    {
        if (LayerMappings.FirstOrDefault(prefix => key.StartsWith(prefix, StringComparison.Ordinal)) is not { } mapping)
            return [.. key.Split('.')];
        string layerAndKey = key[mapping.Length..];
        int last = layerAndKey.LastIndexOf('.');
        ImmutableArray<string> parents = [.. mapping.TrimEnd('.').Split('.')];
        return last < 0 ? parents.Add(layerAndKey) : parents.AddRange(layerAndKey[..last], layerAndKey[(last + 1)..]);
    }

    static (string Name, string? Value) Cut(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }
}
