using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Nets.Weights;

/// <summary>Where in a file a known network is: the modules around it, such as <c>model._orig_mod.</c> or
/// <c>module.encoder_q.</c>.</summary>
/// <param name="Prefix">Comes before the names of all its tensors; empty, or ends in a dot.</param>
/// <param name="Known">The network whose layers are most nearly there.</param>
/// <param name="FoundCount">How many of them.</param>
sealed record NetworkPlace(string Prefix, KnownLayers Known, int FoundCount)
{
    // module.model.backbone.encoder_q. is the deepest that is known.
    const int MaxDepth = 6;

    // A module and its moving average, which training keeps beside it: MoCo (He et al. 2020) and its version 3.
    static readonly (string Trained, string Average)[] MovingAverages =
    [
        ("encoder_q.", "encoder_k."),
        ("base_encoder.", "momentum_encoder."),
    ];

    /// <summary>Prefixes of other networks in the file, which are not read.</summary>
    public ImmutableHashSet<string> Others { get; init; } = [];

    /// <summary>All layers but those that depend on the class count.</summary>
    bool IsWhole { get; init; }

    /// <summary>The place of the network of most known layers.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="layers">Names, in the file, of all layers that have a weight.</param>
    /// <returns>Null if there is none of at least half the layers of a known one; an error if there are several networks.</returns>
    public static Result<NetworkPlace?, PqfError> Find(string path, IReadOnlyCollection<string> layers)
    {
        var places = Places(layers);
        var best = places.OrderByDescending(place => place.FoundCount).ThenBy(place => place.Prefix.Length).FirstOrDefault();
        if (best is null || 2 * best.FoundCount < best.Known.Weights.Count)
            return (NetworkPlace?)null;
        ImmutableArray<NetworkPlace> whole = [.. places.Where(place => place.IsWhole && place.Prefix != best.Prefix)];
        // Within the best one: a part of it, or an average of it that is a module of its own.
        var rival = whole.FirstOrDefault(place => !place.Prefix.StartsWith(best.Prefix, StringComparison.Ordinal));
        return rival is null
            ? best with
            {
                Others = [.. whole.Select(place => place.Prefix)],
            }
            : new PqfError.File(
                path,
                $"holds several networks, under {best.Text} and under {rival.Text}; expected one: save the state dict of that alone"
            );
    }

    /// <summary>The modules around a layer, from the outermost: nothing, <c>model.</c>, <c>model.backbone.</c>, …</summary>
    internal static IEnumerable<string> PrefixesOf(string name)
    {
        int start = 0;
        for (int depth = 0; depth <= MaxDepth; depth++)
        {
            yield return name[..start];
            int dot = name.IndexOf('.', start);
            if (dot < 0)
                yield break;
            start = dot + 1;
        }
    }

    string Text => Prefix.Length == 0 ? "no prefix" : Printable.Name(Prefix);

    static ImmutableArray<NetworkPlace> Places(IReadOnlyCollection<string> layers)
    {
        var under = new Dictionary<string, HashSet<string>>();
        foreach (var (layer, prefix) in layers.SelectMany(layer => PrefixesOf(layer).Select(prefix => (layer, prefix))))
        {
            if (!under.TryGetValue(prefix, out var names))
                under.Add(prefix, names = []);
            names.Add(Networks.Canonical(layer[prefix.Length..]));
        }

        return
        [
            .. under
                .Where(pair => Networks.Families.Any(family => pair.Value.Contains(family.Stem)) && !IsAverage(pair.Key, under))
                .Select(pair => Of(pair.Key, pair.Value)),
        ];
    }

    static NetworkPlace Of(string prefix, HashSet<string> names) =>
        KnownLayers
            .Networks.Select(known => new NetworkPlace(prefix, known, known.Weights.Count(names.Contains)))
            .OrderByDescending(place => place.FoundCount)
            .ThenBy(place => place.Known.Weights.Count)
            .Select(place =>
                place with
                {
                    IsWhole = place.Known.Weights.All(layer => names.Contains(layer) || place.Known.Head.Contains(layer)),
                }
            )
            .First();

    static bool IsAverage(string prefix, Dictionary<string, HashSet<string>> under) =>
        MovingAverages.Any(pair =>
            prefix.EndsWith(pair.Average, StringComparison.Ordinal) && under.ContainsKey(prefix[..^pair.Average.Length] + pair.Trained)
        );
}
