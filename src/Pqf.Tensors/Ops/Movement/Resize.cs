namespace Pqf.Tensors.Ops.Movement;

/// <summary>All sizes of one resized batch.</summary>
/// <param name="N">Images.</param>
/// <param name="Rows">From input to output rows.</param>
/// <param name="Columns">From input to output columns.</param>
/// <param name="Channels">C.</param>
readonly record struct Resize(int N, ResizeAxis Rows, ResizeAxis Columns, int Channels);

/// <summary>One axis that is resized.</summary>
/// <param name="In">Pixels of the input.</param>
/// <param name="Out">Pixels of the output.</param>
/// <param name="Scale">Input pixels for an output pixel: a quotient that GPUs may round otherwise, and with it what is nearest.</param>
readonly record struct ResizeAxis(int In, int Out, float Scale)
{
    public static ResizeAxis Of(int from, int to) => new(from, to, (float)from / to);

    /// <summary>An axis that grows by a factor, which need not be the quotient of both lengths.</summary>
    public static ResizeAxis Of(int from, int to, float? factor) => factor is { } given ? new(from, to, 1 / given) : Of(from, to);

    /// <summary>An output that lies before all outputs that read an input pixel, or is the first of them.</summary>
    public int Before(int pixel) => (int)MathF.Max(MathF.Floor((pixel - 0.5f) / Scale) - 2f, 0f);
}
