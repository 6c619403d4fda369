namespace Pqf.Tensors.Ops.Movement;

/// <summary>All sizes of one padded batch.</summary>
/// <param name="N">Images.</param>
/// <param name="Rows">From input to output rows.</param>
/// <param name="Columns">From input to output columns.</param>
/// <param name="Channels">C.</param>
readonly record struct PadGeometry(int N, PadAxis Rows, PadAxis Columns, int Channels);

/// <summary>One axis that is padded. Its methods are also compiled for the GPU.</summary>
/// <param name="In">Pixels of the input.</param>
/// <param name="Before">Pixels added before them.</param>
/// <param name="Out">Pixels of the output.</param>
/// <param name="Mode">What the added ones hold.</param>
readonly record struct PadAxis(int In, int Before, int Out, PadMode Mode)
{
    /// <summary>The pixel that an output copies; −1 for the constant.</summary>
    public int Source(int output)
    {
        int pixel = output - Before;
        if (pixel >= 0 && pixel < In)
            return pixel;
        if (Mode == PadMode.Constant)
            return -1;
        if (Mode == PadMode.Edge)
            return pixel < 0 ? 0 : In - 1;
        return pixel < 0 ? -pixel : (2 * (In - 1)) - pixel;
    }

    /// <summary>Outputs that may copy a pixel: its own place, then all places of the padding.</summary>
    public int CandidateCount => 1 + Out - In;

    /// <summary>One of them.</summary>
    /// <param name="pixel">The pixel.</param>
    /// <param name="i">Which, below <see cref="CandidateCount"/>.</param>
    public int Candidate(int pixel, int i) =>
        i == 0 ? pixel + Before
        : i <= Before ? i - 1
        : i - 1 + In;
}
