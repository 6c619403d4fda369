using ILGPU;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Products;

/// <summary>Where a product goes: rows of <paramref name="stride"/> values, each group's columns side by side; the residual may be y
/// itself.</summary>
/// <param name="y">The result, or one partial result after another.</param>
/// <param name="bias">One value a column; not read without <see cref="Epilogue.Bias"/>.</param>
/// <param name="residual">As y; not read without <see cref="Epilogue.Residual"/>.</param>
/// <param name="rows">Rows.</param>
/// <param name="columns">Columns of one group.</param>
/// <param name="stride">Columns of all groups.</param>
/// <param name="terms">What to add and apply.</param>
/// <param name="low">Smallest value that passes; not read without <see cref="Epilogue.Clamp"/>.</param>
/// <param name="high">Largest value that passes; as <paramref name="low"/>.</param>
readonly struct TileOutput(
    ArrayView<float> y,
    ArrayView<float> bias,
    ArrayView<float> residual,
    int rows,
    int columns,
    int stride,
    Epilogue terms,
    float low,
    float high
)
{
    /// <summary>A whole result and what is fused with it.</summary>
    public static TileOutput Of(Tensor<float> y, Tensor<float>? bias, Tail tail, int groupColumns) =>
        new(
            y.View,
            (bias ?? y).View,
            y.View,
            y.Shape.Count / y.Shape.Last,
            groupColumns,
            y.Shape.Last,
            Epilogues.Of(bias, null, tail),
            tail.Low,
            tail.High
        );

    /// <summary>The same result cut into parts that are still to be added up, before the epilogue.</summary>
    public TileOutput Partial(ArrayView<float> parts) => new(parts, parts, parts, rows, columns, stride, Epilogue.None, 0f, 0f);

    public Quad Bias<TAccess>(int column, int group)
        where TAccess : struct, IQuadAccess =>
        (terms & Epilogue.Bias) != 0 && column < columns ? TAccess.Load(bias, (group * columns) + column, columns - column) : default;

    public void Store<TAccess>(int part, int row, int column, int group, Quad value, Quad biases)
        where TAccess : struct, IQuadAccess
    {
        int count = columns - column,
            at = (((part * rows) + row) * stride) + (group * columns) + column;
        if (row >= rows || count <= 0)
            return;
        value = value.Add(biases);
        if ((terms & Epilogue.Residual) != 0)
            value = value.Add(TAccess.Load(residual, at, count));
        TAccess.Store(y, at, count, (terms & Epilogue.Clamp) != 0 ? value.Clamped(low, high) : value);
    }

    /// <summary>One value by its position.</summary>
    public void Store(int index, float value)
    {
        if ((terms & Epilogue.Bias) != 0)
            value += bias[index % stride];
        StoreBiased(index, value);
    }

    /// <summary>The bias of a column; zero without one.</summary>
    public float Bias(int column) => (terms & Epilogue.Bias) != 0 ? bias[column] : 0f;

    /// <summary>One value by its position, to which its bias is added already.</summary>
    public void StoreBiased(int index, float value)
    {
        if ((terms & Epilogue.Residual) != 0)
            value += residual[index];
        y[index] = (terms & Epilogue.Clamp) != 0 ? Bounds.Clamp(value, low, high) : value;
    }

    /// <summary>One value from the parts of its sum, in their order.</summary>
    /// <param name="parts">One result after another.</param>
    /// <param name="output">The whole result.</param>
    /// <param name="count">Values of a part.</param>
    /// <param name="partCount">Parts.</param>
    /// <remarks>Bound by memory: 4 bytes a part, mostly still in the second-level cache.</remarks>
    internal readonly struct AddParts(ArrayView<float> parts, TileOutput output, int count, int partCount) : IKernel
    {
        public void Invoke(int index)
        {
            float sum = 0f;
            for (int part = 0; part < partCount; part++)
                sum += parts[(part * count) + index];
            output.Store(index, sum);
        }
    }
}
