using System.Globalization;
using System.Runtime.CompilerServices;
using Pqf.Nets.Families;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Tests.Families;

/// <summary>Names and shapes of a small network's state dict, and what PyTorch computes with weights drawn from their names.</summary>
/// <param name="Name">The case's, from which weights and images are drawn.</param>
/// <param name="Tensors">Names and shapes.</param>
/// <param name="Side">Of the image.</param>
/// <param name="Logits">PyTorch's.</param>
sealed record FamilyCase(string Name, IReadOnlyList<KeyValuePair<string, Shape>> Tensors, int Side, float[] Logits)
{
    /// <summary>Reads a case that family_cases.py wrote.</summary>
    public static FamilyCase Read(string name, [CallerFilePath] string here = "")
    {
        string[] lines = System.IO.File.ReadAllLines(Path.Combine(Path.GetDirectoryName(here)!, "cases", $"{name}.txt"));
        return new(
            name,
            [.. lines[..^2].Select(Parse)],
            int.Parse(lines[^2].Split(' ')[1], CultureInfo.InvariantCulture),
            [.. lines[^1].Split(' ').Select(text => float.Parse(text, CultureInfo.InvariantCulture))]
        );
    }

    /// <summary>A file of such tensors, all zero, with some changes of its names and shapes.</summary>
    public TensorFile File(Func<IEnumerable<KeyValuePair<string, Shape>>, IEnumerable<KeyValuePair<string, Shape>>>? change = null) =>
        Of((change ?? (all => all))(Tensors));

    /// <summary>A file of tensors, all zero.</summary>
    public static TensorFile Of(IEnumerable<KeyValuePair<string, Shape>> tensors) =>
        new(
            "x.pth",
            "PyTorch zip",
            tensors.Select(pair => new StoredTensor(pair.Key, DType.F32, pair.Value, bytes => bytes.Clear())),
            new Dictionary<string, string>()
        );

    static KeyValuePair<string, Shape> Parse(string line)
    {
        string[] parts = line.Split(' ', 2);
        return new(parts[0], [.. parts[1].Trim('[', ']').Split(", ").Select(text => int.Parse(text, CultureInfo.InvariantCulture))]);
    }
}
