using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Compression.Reconstruction;

/// <summary>Moments of what some rows and columns of a weight see.</summary>
/// <param name="FirstRow">First of the rows.</param>
/// <param name="FirstColumn">First of the columns.</param>
/// <param name="Moments">As many rows and columns as they have.</param>
sealed record PartMoments(int FirstRow, int FirstColumn, InputMoments Moments);

/// <summary>Second moments of a layer's input, and of it with the outputs that are wanted: Σ a aᵀ and Σ y aᵀ over patches a, and their
/// sums.</summary>
/// <remarks>Sums within a batch are single precision, between batches double. Only the patches of a batch are ever unfolded.</remarks>
sealed class InputMoments
{
    // Columns whose products with themselves and all to their right are computed at once: the rest of Σ a aᵀ is its mirror image. At most
    // 5/9 of the work remain for 4,608 columns, and products stay large.
    const int Stretch = 512;

    readonly double[] squares,
        products,
        inputs,
        outputs;

    /// <param name="columns">Length D of a patch.</param>
    /// <param name="rows">Outputs R of a patch.</param>
    public InputMoments(int columns, int rows)
    {
        (Columns, RowCount) = (columns, rows);
        (squares, products) = (new double[(long)columns * columns], new double[(long)rows * columns]);
        (inputs, outputs) = (new double[columns], new double[rows]);
    }

    /// <summary>D.</summary>
    public int Columns { get; }

    /// <summary>R.</summary>
    public int RowCount { get; }

    /// <summary>Patches so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the patches of a batch.</summary>
    /// <param name="patches">[n, D].</param>
    /// <param name="wanted">[n, R]: the outputs wanted at them.</param>
    public void Add(Tensor<float> patches, Tensor<float> wanted)
    {
        using var scope = patches.Device.BeginScope();
        Count += patches.Shape[0];
        for (int from = 0; from < Columns; from += Stretch)
            AddSquares(patches, from, Math.Min(Stretch, Columns - from));
        Accumulate(products, MatMul.Forward(wanted, patches, Transpose.A));
        AddColumns(inputs, patches);
        AddColumns(outputs, wanted);
    }

    /// <summary>Adds what another has seen.</summary>
    public void Add(InputMoments other)
    {
        Count += other.Count;
        foreach (
            var (to, from) in new[]
            {
                (squares, other.squares),
                (products, other.products),
                (inputs, other.inputs),
                (outputs, other.outputs),
            }
        )
            for (int i = 0; i < to.Length; i++)
                to[i] += from[i];
    }

    /// <summary>H: the inputs' covariance [D, D], in the innermost scope.</summary>
    public Tensor<float> Covariance(HostDevice host) => Mirrored(Centred(host, squares, inputs));

    /// <summary>C: the covariance of wanted outputs and inputs [R, D], in the innermost scope.</summary>
    public Tensor<float> CrossCovariance(HostDevice host) => Centred(host, products, outputs);

    /// <summary>Mean products less the product of the means.</summary>
    /// <param name="host">Where the result goes.</param>
    /// <param name="sums">[n, D]: of products.</param>
    /// <param name="left">[n]: sums of the left factors.</param>
    Tensor<float> Centred(HostDevice host, double[] sums, double[] left) =>
        Tensor<float>.Filled(
            host,
            [left.Length, Columns],
            to =>
            {
                for (int i = 0, at = 0; i < left.Length; i++)
                for (int j = 0; j < Columns; j++, at++)
                    to[at] = (float)((sums[at] - (left[i] * inputs[j] / Count)) / Count);
            }
        );

    /// <summary>Adds the products of some columns with themselves and with all to their right.</summary>
    unsafe void AddSquares(Tensor<float> patches, int from, int width)
    {
        using var scope = patches.Device.BeginScope();
        int count = patches.Shape[0],
            length = Columns - from;
        var right = from == 0 ? patches : Rows.Part(patches, 0, count, from, length);
        var left = width == length ? right : Rows.Part(patches, 0, count, from, width);
        float* value = MatMul.Forward(left, right, Transpose.A).Pointer;
        for (int row = from; row < from + width; row++)
        {
            var to = squares.AsSpan(checked((row * Columns) + from), length);
            for (int i = 0; i < length; i++, value++)
                to[i] += *value;
        }
    }

    /// <summary>A square matrix with the values above its diagonal below it, too.</summary>
    static unsafe Tensor<float> Mirrored(Tensor<float> matrix)
    {
        int n = matrix.Shape[0];
        for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            matrix.Pointer[((nint)i * n) + j] = matrix.Pointer[((nint)j * n) + i];
        return matrix;
    }

    static unsafe void Accumulate(double[] to, Tensor<float> from)
    {
        float* values = from.Pointer;
        for (int i = 0; i < to.Length; i++)
            to[i] += values[i];
    }

    static unsafe void AddColumns(double[] to, Tensor<float> rows)
    {
        float* value = rows.Pointer;
        for (int row = 0; row < rows.Shape[0]; row++)
        for (int i = 0; i < to.Length; i++, value++)
            to[i] += *value;
    }
}
