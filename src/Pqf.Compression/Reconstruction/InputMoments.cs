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
sealed unsafe class InputMoments
{
    // Columns whose products with themselves and all to their right are computed at once: the rest of Σ a aᵀ is its mirror image. At most
    // 5/9 of the work remain for 4,608 columns, and products stay large.
    const int Stretch = 512;

    // The upper triangle of Σ a aᵀ, row by row: D values, D − 1, … 1.
    readonly Tensor<double> squares,
        products;
    readonly double[] inputs,
        outputs;

    /// <param name="host">Holds the sums, in its innermost scope.</param>
    /// <param name="columns">Length D of a patch.</param>
    /// <param name="rows">Outputs R of a patch.</param>
    public InputMoments(HostDevice host, int columns, int rows)
    {
        (Columns, RowCount) = (columns, rows);
        squares = Tensor<double>.Zeros(host, [checked((int)Triangle(columns))]);
        products = Tensor<double>.Zeros(host, [rows, columns]);
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
        Accumulate(squares, other.squares);
        Accumulate(products, other.products);
        Accumulate(inputs, other.inputs);
        Accumulate(outputs, other.outputs);
    }

    /// <summary>H: the inputs' covariance [D, D], in the innermost scope.</summary>
    public Tensor<float> Covariance(HostDevice host)
    {
        var covariance = Tensor<float>.Rent(host, [Columns, Columns]);
        double* sum = squares.Pointer;
        for (int i = 0; i < Columns; i++)
        {
            float* row = covariance.Pointer + ((nint)i * Columns);
            for (int j = i; j < Columns; j++, sum++)
                row[j] = Centred(*sum, inputs[i], inputs[j]);
            for (int j = 0; j < i; j++)
                row[j] = covariance.Pointer[((nint)j * Columns) + i];
        }

        return covariance;
    }

    /// <summary>C: the covariance of wanted outputs and inputs [R, D], in the innermost scope.</summary>
    public Tensor<float> CrossCovariance(HostDevice host)
    {
        var covariance = Tensor<float>.Rent(host, [RowCount, Columns]);
        for (int i = 0, at = 0; i < RowCount; i++)
        for (int j = 0; j < Columns; j++, at++)
            covariance.Pointer[at] = Centred(products.Pointer[at], outputs[i], inputs[j]);
        return covariance;
    }

    /// <summary>A mean product less the product of the means.</summary>
    float Centred(double product, double left, double right) => (float)((product - (left * right / Count)) / Count);

    /// <summary>Values on and above the diagonal of a square matrix.</summary>
    static long Triangle(long columns) => columns * (columns + 1) / 2;

    /// <summary>Adds the products of some columns with themselves and with all to their right.</summary>
    void AddSquares(Tensor<float> patches, int from, int width)
    {
        using var scope = patches.Device.BeginScope();
        int count = patches.Shape[0],
            length = Columns - from;
        var right = from == 0 ? patches : Rows.Part(patches, 0, count, from, length);
        var left = width == length ? right : Rows.Part(patches, 0, count, from, width);
        float* value = MatMul.Forward(left, right, Transpose.A).Pointer;
        double* to = squares.Pointer + (Triangle(Columns) - Triangle(length));
        for (int row = 0; row < width; row++, value += length)
        for (int i = row; i < length; i++, to++)
            *to += value[i];
    }

    static void Accumulate(Tensor<double> to, Tensor<float> from)
    {
        for (int i = 0; i < to.Shape.Count; i++)
            to.Pointer[i] += from.Pointer[i];
    }

    static void Accumulate(Tensor<double> to, Tensor<double> from)
    {
        for (int i = 0; i < to.Shape.Count; i++)
            to.Pointer[i] += from.Pointer[i];
    }

    static void Accumulate(double[] to, double[] from)
    {
        for (int i = 0; i < to.Length; i++)
            to[i] += from[i];
    }

    static void AddColumns(double[] to, Tensor<float> rows)
    {
        float* value = rows.Pointer;
        for (int row = 0; row < rows.Shape[0]; row++)
        for (int i = 0; i < to.Length; i++, value++)
            to[i] += *value;
    }
}
