namespace Pqf.Nets.Onnx.Partial;

/// <summary>Names that nothing else has.</summary>
static class FreeName
{
    /// <summary>Adds a name, or the first free one of those with a number behind it: <c>conv</c>, <c>conv_2</c>.</summary>
    /// <param name="taken">Gets the name that is returned.</param>
    /// <param name="wanted">Without a number.</param>
    public static string AddFree(this HashSet<string> taken, string wanted)
    {
        string name = wanted;
        for (int i = 2; !taken.Add(name); i++)
            name = $"{wanted}_{i}";
        return name;
    }
}
