using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>What a network is made of: a file, and the parameters that do not come from it.</summary>
/// <param name="Tensors">All tensors; those drawn newly in place of the file's.</param>
/// <param name="Architecture">The network.</param>
/// <param name="NewLayers">Layers drawn newly; empty where all values are the file's.</param>
sealed record HeadChoice(NamedTensors Tensors, Architecture Architecture, ImmutableArray<string> NewLayers)
{
    /// <summary>Keeps the file's head, or draws a new one as the overrides ask.</summary>
    /// <param name="tensors">Of an open file.</param>
    /// <param name="found">What its layers are.</param>
    /// <param name="overrides">The class count wanted, and whether a new head may be drawn.</param>
    /// <returns>An error if the head does not fit, or is missing, and a new one is not asked for.</returns>
    public static Result<HeadChoice, PqfError> Of(NamedTensors tensors, Recognition found, NetworkOverrides overrides)
    {
        int fileCount = found.Architecture.ClassCount,
            wanted = overrides.ClassCount ?? fileCount;
        bool differs = !found.MissingHead.IsEmpty || wanted != fileCount;
        if (overrides is { NewHead: { } head, ClassCount: not null } && (differs || head.When == NewHeadWhen.Always))
            return Drawn(tensors, found.Architecture, wanted, head.Key);
        if (!found.MissingHead.IsEmpty)
            return ArchitectureRecognition.HeadIsMissing(tensors.File.Path, found);
        return differs
            ? new PqfError.File(
                tensors.File.Path,
                $"has {Plural.Of(fileCount, "class", "classes")}; expected {wanted}, as model.class_count says "
                    + "(only training draws a new head)"
            )
            : new HeadChoice(tensors, found.Architecture, []);
    }

    static Result<HeadChoice, PqfError> Drawn(NamedTensors tensors, Architecture found, int classCount, RngKey key)
    {
        var family = Networks.FamilyOf(found);
        return from architecture in family.WithClasses(found, classCount)
            from _ in Networks.Build(architecture)
            let specs = family.ClassParameters(architecture)
            select new HeadChoice(
                tensors.WithNew(specs, spec => family.Draw(spec, key.Fold(spec.Name))),
                architecture,
                [.. specs.Select(spec => spec.Layer).Distinct()]
            );
    }
}
