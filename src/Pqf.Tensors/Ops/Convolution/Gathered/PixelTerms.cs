using ILGPU;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>A convolution's input as the right operand of the product that gives its weights' gradient: a term is an output pixel, an item
/// what a tap of a channel sees there. Items are in the order taps, then channels.</summary>
/// <remarks>As in <see cref="TapRuns"/>, divisions by the output's sizes become products with an inverse.</remarks>
readonly struct PixelTerms : ITileOperand
{
    readonly ArrayView<float> x;
    readonly ConvGeometry g;
    readonly int pixels,
        outH,
        outW;
    readonly long rowInverse,
        columnInverse;

    public PixelTerms(ArrayView<float> x, ConvGeometry g)
    {
        (this.x, this.g, pixels, outH, outW) = (x, g, g.OutPixels, g.OutH, g.OutW);
        (rowInverse, columnInverse) = (TapRuns.Inverse(outH), TapRuns.Inverse(outW));
    }

    public static bool IsAlongTerms => false;

    /// <summary>Whether the inverses divide exactly.</summary>
    public static bool IsExact(ConvGeometry g) => (long)g.OutPixels * g.OutW <= 1L << 32 && (long)g.N * g.OutH * g.OutH <= 1L << 32;

    public Place Locate(int item, int group)
    {
        int tap = item / g.GroupInChannels,
            row = tap / g.Kernel.W;
        return new(
            (group * g.GroupInChannels) + item - (tap * g.GroupInChannels),
            item < g.Taps ? (row * g.Dilation.H) - g.Padding.H : TapRuns.Outside,
            ((tap - (row * g.Kernel.W)) * g.Dilation.W) - g.Padding.W
        );
    }

    public Quad Load<TAccess>(Place place, int term)
        where TAccess : struct, IQuadAccess
    {
        int line = (int)((term * columnInverse) >> 32),
            n = (int)((line * rowInverse) >> 32);
        int image = term < pixels ? n * g.H : TapRuns.Outside,
            y = (line - (n * outH)) * g.Stride.H,
            x = (term - (line * outW)) * g.Stride.W;
        if (TAccess.IsWhole)
            return HasPixel(image, place, y, x) ? TAccess.Load(this.x, At(image, place, y, x), 4) : default;
        Place second = Next(place),
            third = Next(second),
            fourth = Next(third);
        return new(Single(image, place, y, x), Single(image, second, y, x), Single(image, third, y, x), Single(image, fourth, y, x));
    }

    float Single(int image, Place place, int y, int x) => HasPixel(image, place, y, x) ? this.x[At(image, place, y, x)] : 0f;

    bool HasPixel(int image, Place place, int y, int x) => image >= 0 && (uint)(place.Y + y) < (uint)g.H && (uint)(place.X + x) < (uint)g.W;

    int At(int image, Place place, int y, int x) => ((((image + place.Y + y) * g.W) + place.X + x) * g.InChannels) + place.At;

    /// <summary>The item after one: the next channel of the group, or the first under the next tap.</summary>
    Place Next(Place place)
    {
        if ((place.At + 1) % g.GroupInChannels != 0)
            return new(place.At + 1, place.Y, place.X);
        int first = place.At + 1 - g.GroupInChannels,
            column = place.X + g.Dilation.W;
        if (column < (g.Kernel.W * g.Dilation.W) - g.Padding.W)
            return new(first, place.Y, column);
        int row = place.Y + g.Dilation.H;
        return new(first, row < (g.Kernel.H * g.Dilation.H) - g.Padding.H ? row : TapRuns.Outside, -g.Padding.W);
    }
}
