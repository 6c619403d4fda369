namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>A convolution's input as the left operand of a product: one row an output pixel, its terms in the order taps, then
/// channels.</summary>
/// <remarks>
/// Terms that lie beside one another in memory form a run: the channels of one tap or, without dilation and groups, of a whole row of taps.
/// All columns are counted in
/// singles, so that a run's ends in the padding are a comparison for each term. Divisions by sizes that are the same for all become
/// products with an inverse.
/// </remarks>
/// <param name="Rows">Output pixels of all images.</param>
/// <param name="Terms">Products per output value.</param>
/// <param name="OutH">Output rows.</param>
/// <param name="OutW">Output columns.</param>
/// <param name="H">Input rows.</param>
/// <param name="Width">Singles of an input row.</param>
/// <param name="Stride">Between neighbouring outputs: rows and singles.</param>
/// <param name="Padding">Rows and singles.</param>
/// <param name="Dilation">Between neighbouring runs: rows and singles.</param>
/// <param name="Run">Terms of a run.</param>
/// <param name="RunsPerRow">Runs of a row of taps.</param>
/// <param name="RunInverse">2³² / <paramref name="Run"/>, rounded up.</param>
/// <param name="RowInverse">2³² / <paramref name="RunsPerRow"/>, rounded up.</param>
/// <param name="GroupStep">Channels of a group.</param>
readonly record struct TapRuns(
    int Rows,
    int Terms,
    int OutH,
    int OutW,
    int H,
    int Width,
    Pair Stride,
    Pair Padding,
    Pair Dilation,
    int Run,
    int RunsPerRow,
    long RunInverse,
    long RowInverse,
    int GroupStep
)
{
    /// <summary>Above and left of every input, however many taps are added.</summary>
    public const int Outside = -(1 << 30);

    /// <summary>Whether the inverses divide exactly: an error in the quotient needs terms · run of more than 2³². A single run has the
    /// inverse 0.</summary>
    public bool IsExact => RunInverse == 0 || (long)Terms * Run <= 1L << 32;

    /// <summary>The runs of a convolution.</summary>
    public static TapRuns Of(ConvGeometry g)
    {
        int c = g.InChannels;
        bool rowsOfTaps = g.Dilation.W == 1 && g.Groups == 1;
        int run = rowsOfTaps ? g.Kernel.W * c : g.GroupInChannels,
            runsPerRow = rowsOfTaps ? 1 : g.Kernel.W;
        return new(
            g.OutPixels,
            g.Taps,
            g.OutH,
            g.OutW,
            g.H,
            g.W * c,
            new(g.Stride.H, g.Stride.W * c),
            new(g.Padding.H, g.Padding.W * c),
            new(g.Dilation.H, g.Dilation.W * c),
            run,
            runsPerRow,
            run >= g.Taps ? 0 : Inverse(run),
            Inverse(runsPerRow),
            g.GroupInChannels
        );
    }

    /// <summary>A matrix [rows, terms]: pixels of so many channels.</summary>
    public static TapRuns Of(int rows, int terms) => new(rows, terms, 1, 1, 1, terms, 1, 0, 1, terms, 1, 0, Inverse(1), 0);

    /// <summary>The place where an output pixel's terms begin.</summary>
    public Place Locate(int row, int group)
    {
        int pixel = row / OutW,
            y = pixel % OutH,
            n = pixel / OutH;
        return new(
            n * H * Width,
            row < Rows ? (y * Stride.H) - Padding.H : Outside,
            ((row % OutW) * Stride.W) - Padding.W + (group * GroupStep)
        );
    }

    /// <summary>A term of a row, and those after it in its run.</summary>
    public Tap Seek(Place place, int term)
    {
        int run = (int)((term * RunInverse) >> 32),
            tapRow = (int)((run * RowInverse) >> 32);
        int y = place.Y + (tapRow * Dilation.H),
            inRun = term - (run * Run);
        int x = place.X + ((run - (tapRow * RunsPerRow)) * Dilation.W) + inRun;
        return new(place.At + (y * Width), term < Terms && (uint)y < (uint)H ? x : Outside, Run - inRun);
    }

    /// <summary>Whether a column is in the image.</summary>
    public bool HasColumn(int x) => (uint)x < (uint)Width;

    /// <summary>2³² / <paramref name="divisor"/>, rounded up. (x · inverse) >> 32 is x / divisor where x · divisor is 2³² at most.
    /// </summary>
    public static long Inverse(int divisor) => ((1L << 32) + divisor - 1) / divisor;
}

/// <summary>Where an item of an operand begins, as the operand has worked it out once.</summary>
readonly record struct Place(int At, int Y, int X);

/// <summary>Where a term is.</summary>
/// <param name="Row">Position of its input row.</param>
/// <param name="X">Its column, in singles; may be in the padding.</param>
/// <param name="Left">Terms of the run from this one on.</param>
readonly record struct Tap(int Row, int X, int Left);
