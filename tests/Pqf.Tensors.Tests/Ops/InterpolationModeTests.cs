using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>All ways of resizing, by size and by factor.</summary>
public class InterpolationModeTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("modes");

    /// <summary>The output of 4 × 6 pixels, and factors if they are not its quotients.</summary>
    public sealed record Case(Pair Size, ResizeFactors? Factors = null);

    static readonly Case[] All =
    [
        new(new(8, 12)),
        new(new(7, 5)),
        new(new(1, 4)),
        new(new(23, 1)),
        new(4),
        new(new(6, 9), new(1.6f, 1.55f)),
    ];

    public static MatrixTheoryData<DeviceKind, InterpolationMode, Case> Cases =>
        new(DeviceKinds.All, Enum.GetValues<InterpolationMode>(), All);

    [Theory, MemberData(nameof(Cases))]
    public void Values_agree_with_double_and_gradients_are_adjoint(DeviceKind kind, InterpolationMode mode, Case c)
    {
        Shape shape = [2, 4, 6, 9];
        var device = Use(kind, 2 * c.Size.H * c.Size.W * 9);
        var x = Numbers.Normal(Key, shape);
        double[] expected = Loop(mode, c, shape, [.. x.Values]);
        new Expected([2, c.Size.H, c.Size.W, 9], expected, [.. expected.Select(_ => 64 * Expected.Rounding)]).Check(
            Interpolate.Forward(x.On(device), c.Size, mode, c.Factors)
        );
        AdjointCase.Check(device, new Interpolate.Function(c.Size, mode, c.Factors), values => Loop(mode, c, shape, values), x, Key, 1024);
    }

    static double[] Loop(InterpolationMode mode, Case c, Shape x, double[] values)
    {
        double[] y = new double[x[0] * c.Size.H * c.Size.W * x[3]];
        for (int i = 0; i < y.Length; i++)
        {
            int channel = i % x[3],
                n = i / x[3] / c.Size.W / c.Size.H;
            var (top, lower) = Place(mode, i / x[3] / c.Size.W % c.Size.H, x[1], c.Size.H, c.Factors?.H);
            var (left, right) = Place(mode, i / x[3] % c.Size.W, x[2], c.Size.W, c.Factors?.W);
            double At(int row, int column) =>
                values[(((((n * x[1]) + Math.Min(row, x[1] - 1)) * x[2]) + Math.Min(column, x[2] - 1)) * x[3]) + channel];
            y[i] =
                (((At(top, left) * (1 - right)) + (At(top, left + 1) * right)) * (1 - lower))
                + (((At(top + 1, left) * (1 - right)) + (At(top + 1, left + 1) * right)) * lower);
        }

        return y;
    }

    static (int Low, double HighWeight) Place(InterpolationMode mode, int output, int from, int to, float? factor)
    {
        // A factor is rounded to a single, and so is what a position is multiplied with.
        double scale = factor is { } given ? 1 / given : (float)from / to,
            position = mode switch
            {
                InterpolationMode.Nearest => Math.Floor((float)(output * scale)),
                InterpolationMode.NearestCentre => Math.Ceiling(((output + 0.5) * (1 / (factor ?? (double)to / from))) - 1 - 1e-9),
                InterpolationMode.BilinearAligned => to == 1 ? 0 : output * (from - 1.0) / (to - 1),
                InterpolationMode.BilinearAsymmetric => output * scale,
                _ => ((output + 0.5) * scale) - 0.5,
            };
        position = Math.Clamp(position, 0, from - 1);
        return ((int)position, position - (int)position);
    }
}
