using System.Collections.Immutable;
using System.Globalization;

namespace Pqf.Nets.Coco;

/// <summary>COCO's 80 classes of things, numbered 1 … 90 with gaps.</summary>
public static class CocoClasses
{
    /// <summary>Outputs of a network of COCO: a number for each up to the highest, and 0 for the background.</summary>
    public const int LabelCount = 91;

    /// <summary>All 80, by number.</summary>
    public static ImmutableArray<CocoCategory> All { get; } = Read();

    /// <summary>A name for each label of a network: <c>background</c>, and <c>class 12</c> where COCO has none.</summary>
    public static ImmutableArray<string> LabelNames { get; } =
    [
        .. Enumerable
            .Range(0, LabelCount)
            .Select(label => label == 0 ? "background" : All.FirstOrDefault(category => category.Id == label)?.Name ?? $"class {label}"),
    ];

    static ImmutableArray<CocoCategory> Read()
    {
        using var reader = new StreamReader(typeof(CocoClasses).Assembly.GetManifestResourceStream("Pqf.Nets.Coco.coco_classes.tsv")!);
        return
        [
            .. reader
                .ReadToEnd()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('\t'))
                .Select(fields => new CocoCategory(int.Parse(fields[0], CultureInfo.InvariantCulture), fields[1])),
        ];
    }
}
