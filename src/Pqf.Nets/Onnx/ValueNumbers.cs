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
        var key = Key(signature, inputs);
        if (!numbers.TryGetValue(key, out int number))
            numbers.Add(key, number = numbers.Count);
        return number;
    }

    /// <summary>The number of what an operation makes, if it has one already.</summary>
    /// <inheritdoc cref="Of"/>
    public int? Find(string signature, params ReadOnlySpan<int> inputs) =>
        numbers.TryGetValue(Key(signature, inputs), out int number) ? number : null;

    static (string Signature, int Left, int Right) Key(string signature, ReadOnlySpan<int> inputs) =>
        inputs.Length switch
        {
            0 => (signature, None, None),
            1 => (signature, inputs[0], None),
            _ => (signature, Math.Min(inputs[0], inputs[1]), Math.Max(inputs[0], inputs[1])),
        };
}
