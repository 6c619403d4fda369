using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>What a fused op applies to its result last: a clamp and, behind it, any elementwise function. NaN passes the clamp.</summary>
/// <remarks>
/// On the host both run on results that are still in the cache. On a GPU the clamp is part of the op's kernel, and the function is a
/// second launch over the result.
/// </remarks>
public sealed record Tail
{
    readonly TailFunction? function;

    Tail(float low, float high, TailFunction? function) => (Low, High, this.function) = (low, high, function);

    /// <summary>Nothing.</summary>
    public static Tail None { get; } = new(float.NegativeInfinity, float.PositiveInfinity, null);

    /// <summary>max(x, 0).</summary>
    public static Tail Relu { get; } = new(0f, float.PositiveInfinity, null);

    /// <summary>x from <paramref name="low"/> to <paramref name="high"/>; ReLU6 is from 0 to 6.</summary>
    /// <param name="low">Smallest value that passes; −∞ for none.</param>
    /// <param name="high">Largest value that passes; ∞ for none.</param>
    /// <exception cref="ArgumentException">They are not in this order.</exception>
    public static Tail Clamp(float low, float high) =>
        low <= high
            ? new(low, high, null)
            : throw new ArgumentException(FormattableString.Invariant($"Tail: expected a clamp from low to high, got {low} and {high}"));

    /// <summary>f(x).</summary>
    /// <typeparam name="TOp">f, such as <see cref="Sigmoid"/>.</typeparam>
    public static Tail Of<TOp>()
        where TOp : unmanaged, IUnaryOp => None.Then<TOp>();

    /// <summary>f(x) of a function with options.</summary>
    /// <param name="op">f, such as <see cref="LeakyRelu"/>.</param>
    public static Tail Of<TOp>(TOp op)
        where TOp : unmanaged, IUnaryOpWithOptions => None.Then(op);

    /// <summary>Smallest value that passes the clamp; −∞ for none.</summary>
    public float Low { get; }

    /// <summary>Largest value that passes the clamp; ∞ for none.</summary>
    public float High { get; }

    /// <summary>Whether there is a clamp.</summary>
    public bool HasClamp => Low > float.NegativeInfinity || High < float.PositiveInfinity;

    /// <summary>Whether there is a function behind the clamp.</summary>
    public bool HasFunction => function is not null;

    /// <summary>This clamp with a function behind it.</summary>
    /// <typeparam name="TOp">The function.</typeparam>
    /// <exception cref="InvalidOperationException">There is a function already.</exception>
    public Tail Then<TOp>()
        where TOp : unmanaged, IUnaryOp => Then(TailFunction<TOp>.Instance);

    /// <summary>This clamp with a function behind it that has options.</summary>
    /// <param name="op">The function.</param>
    /// <exception cref="InvalidOperationException">There is a function already.</exception>
    public Tail Then<TOp>(TOp op)
        where TOp : unmanaged, IUnaryOpWithOptions => Then(new TailFunctionWithOptions<TOp>(op));

    Tail Then(TailFunction next) =>
        function is null
            ? new(Low, High, next)
            : throw new InvalidOperationException("Tail: expected a tail without a function, it has one already");

    /// <summary>As the host's kernels take it.</summary>
    internal unsafe HostTail Host => new(Bounds, function is null ? null : function.Rows, function?.Options ?? 0);

    /// <summary>The clamp alone.</summary>
    internal Bounds Bounds => new(Low, High);

    /// <summary>On a GPU: the second launch, over a result that its kernel has clamped.</summary>
    internal void Finish(Tensor<float> y) => function?.Launch(y);

    /// <summary>Checks that a fused op can carry a gradient back from its value alone: through a clamp, not through a function.</summary>
    /// <exception cref="NotSupportedException">There is a function.</exception>
    internal void CheckGradient(string op)
    {
        if (HasFunction)
            throw new NotSupportedException($"{op}: expected a tail without a function to train; record the function behind the op");
    }

    /// <summary>The gradient before the clamp: dy where the value is inside, 0 at and beyond its ends.</summary>
    /// <param name="y">The value behind the clamp.</param>
    /// <param name="dy">Of the same shape.</param>
    /// <param name="dx">Of the same shape; may be dy itself.</param>
    internal void PullbackInto(Tensor<float> y, Tensor<float> dy, Tensor<float> dx)
    {
        CheckGradient("Tail");
        Shapes.Same("Tail", y.Shape, dy.Shape);
        Shapes.Same("Tail", y.Shape, dx.Shape);
        Shapes.SameDevice("Tail", y.Device, dy, dx);
        if (y.Device is HostDevice host)
            ClampPullback.Host(host, Bounds, y, dy, dx);
        else
            ClampPullback.Gpu((GpuDevice)y.Device, this, y, dy, dx);
    }
}
