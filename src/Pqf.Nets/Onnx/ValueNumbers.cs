namespace Pqf.Nets.Onnx;

/// <summary>One number for all values that are computed in the same way from the images, the values of weights aside. Two graphs that are
/// numbered together are the same where their outputs have the same number.</summary>
sealed class ValueNumbers
{
    const int None = -1;

    readonly Dictionary<(string Signature, int Left, int Right), int> numbers = [];

    /// <summary>The number of what an operation makes.</summary>
    /// <param name="signature">From <see cref="OnnxSignatures"/>.</param>
    /// <param name="inputs">Numbers of the values read, at most two. Their order does not matter: only a sum reads two.</param>
    public int Of(string signature, params ReadOnlySpan<int> inputs)
    {
        var (left, right) = inputs.Length switch
        {
            0 => (None, None),
            1 => (inputs[0], None),
            _ => (Math.Min(inputs[0], inputs[1]), Math.Max(inputs[0], inputs[1])),
        };
        if (!numbers.TryGetValue((signature, left, right), out int number))
            numbers.Add((signature, left, right), number = numbers.Count);
        return number;
    }
}
