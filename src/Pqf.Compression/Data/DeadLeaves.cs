using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Pictures with the statistics of photographs at the scale of edges: opaque ellipses and rectangles of all sizes that hide each
/// other, with colours and textures of their own. No object is in them.</summary>
/// <remarks>Source: Lee, Mumford and Huang, "Occlusion Models for Natural Images", International Journal of Computer Vision 41, 2001:
/// leaves whose radius has a density of r⁻³ look alike at every scale, as photographs do. What it is worth for calibration is in
/// docs/decisions.md.</remarks>
sealed class DeadLeaves
{
    const int Channels = 3;

    const double LeastRadius = 4,
        MostRadius = 120;

    // Means and deviations of photographs, in parts of the range of a pixel.
    const double Mean = 0.45,
        MeanDeviation = 0.1,
        Contrast = 0.19;

    readonly int side;
    readonly Draws draws;
    readonly float[] values;
    readonly bool[] covered;
    readonly float[][] textures;
    int left;

    DeadLeaves(int side, RngKey key)
    {
        this.side = side;
        draws = new(key);
        left = side * side;
        values = new float[left * Channels];
        covered = new bool[left];
        textures = [.. Enumerable.Range(0, Channels).Select(_ => Texture())];
    }

    /// <summary>Draws a picture.</summary>
    /// <param name="side">Rows, and columns.</param>
    /// <param name="key">One key, one picture.</param>
    public static PixelImage Draw(int side, RngKey key)
    {
        var picture = new DeadLeaves(side, key);
        // The nearest leaf comes first: the pixels that it covers are hidden from all others. A few stay at the mean.
        for (int leaves = 0; picture.left > side * side / 1000 && leaves < 100 * side; leaves++)
            picture.Add();
        return picture.Developed();
    }

    void Add()
    {
        double least = 1 / (LeastRadius * LeastRadius),
            most = 1 / (MostRadius * MostRadius),
            radius = 1 / Math.Sqrt(least - (draws.Uniform() * (least - most))),
            x = (draws.Uniform() * (side + (2 * radius))) - radius,
            y = (draws.Uniform() * (side + (2 * radius))) - radius;
        var leaf = new Leaf(draws, radius);
        int reach = (int)Math.Ceiling(radius * leaf.Reach);
        for (int row = Math.Max(0, (int)y - reach); row <= Math.Min(side - 1, (int)y + reach); row++)
        for (int column = Math.Max(0, (int)x - reach); column <= Math.Min(side - 1, (int)x + reach); column++)
            if (!covered[(row * side) + column] && leaf.Covers(column - x, row - y))
                Cover((row * side) + column, leaf, column - x, row - y);
    }

    void Cover(int pixel, Leaf leaf, double x, double y)
    {
        covered[pixel] = true;
        left--;
        double light = leaf.Light + (leaf.Roughness * textures[0][pixel]) + (leaf.SlopeX * x) + (leaf.SlopeY * y),
            warm = leaf.Warm + (0.3 * leaf.Roughness * textures[1][pixel]),
            green = leaf.Green + (0.3 * leaf.Roughness * textures[2][pixel]);
        // Channels of photographs vary together for the most part.
        values[pixel * Channels] = (float)(light + (0.35 * warm) + (0.2 * green));
        values[(pixel * Channels) + 1] = (float)(light - (0.4 * green));
        values[(pixel * Channels) + 2] = (float)(light - (0.35 * warm) + (0.2 * green));
    }

    /// <summary>Smooth noise of five scales.</summary>
    float[] Texture()
    {
        float[] texture = new float[side * side];
        foreach (int step in (int[])[1, 2, 4, 8, 16])
        {
            int across = (side / step) + 3;
            float[] grid = [.. Enumerable.Range(0, across * across).Select(_ => (float)draws.Normal())];
            double shiftX = draws.Uniform(),
                shiftY = draws.Uniform();
            for (int pixel = 0; pixel < texture.Length; pixel++)
            {
                var (row, column) = Math.DivRem(pixel, side);
                texture[pixel] += Between(grid, across, ((double)column / step) + shiftX, ((double)row / step) + shiftY) / 2;
            }
        }

        return texture;
    }

    static float Between(float[] grid, int across, double x, double y)
    {
        int left = (int)x,
            top = (int)y,
            at = (top * across) + left;
        double right = x - left,
            below = y - top;
        return (float)(
            ((1 - below) * (((1 - right) * grid[at]) + (right * grid[at + 1])))
            + (below * (((1 - right) * grid[at + across]) + (right * grid[at + across + 1])))
        );
    }

    /// <summary>Pixels of a brightness and a contrast of the picture's own.</summary>
    PixelImage Developed()
    {
        double mean = values.Average(value => (double)value),
            deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        double brightness = Mean + (MeanDeviation * draws.Normal()),
            contrast = Contrast * Math.Exp(0.3 * draws.Normal()) / Math.Max(deviation, 1e-6);
        return new(
            side,
            side,
            Channels,
            [.. values.Select(value => (byte)Math.Clamp(Math.Round(255 * (brightness + (contrast * (value - mean)))), 0, 255))]
        );
    }

    /// <summary>An ellipse or a rectangle.</summary>
    sealed class Leaf
    {
        readonly double radius,
            stretch,
            cos,
            sin;
        readonly bool isBox;

        public Leaf(Draws draws, double radius)
        {
            this.radius = radius;
            stretch = Math.Clamp(Math.Exp(0.5 * draws.Normal()), 0.4, 2.5);
            (sin, cos) = Math.SinCos(Math.PI * draws.Uniform());
            isBox = draws.Uniform() < 1 / 3.0;
            (Light, Warm, Green) = (draws.Normal(), draws.Normal(), draws.Normal());
            Roughness = 0.6 * draws.Uniform();
            (SlopeX, SlopeY) = (0.01 * draws.Normal(), 0.01 * draws.Normal());
        }

        public double Light { get; }

        public double Warm { get; }

        public double Green { get; }

        public double Roughness { get; }

        public double SlopeX { get; }

        public double SlopeY { get; }

        /// <summary>How far it reaches, in radii.</summary>
        public double Reach => 1.5 * Math.Max(stretch, 1 / stretch);

        public bool Covers(double x, double y)
        {
            double along = ((cos * x) + (sin * y)) / stretch,
                across = ((cos * y) - (sin * x)) * stretch;
            return isBox
                ? Math.Max(Math.Abs(along), Math.Abs(across)) <= 0.85 * radius
                : (along * along) + (across * across) <= radius * radius;
        }
    }

    /// <summary>The numbers of a key, one after the other.</summary>
    sealed class Draws(RngKey key)
    {
        readonly RngKey normal = key.Fold("normal");
        ulong counter;

        public double Uniform() => key.Uniform(counter++);

        public double Normal() => normal.Normal(counter++);
    }
}
