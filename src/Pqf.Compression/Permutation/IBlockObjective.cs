namespace Pqf.Compression.Permutation;

/// <summary>The log-determinant of the covariance of a weight's blocks under an order of its channels, and under exchanges of two
/// channels.</summary>
interface IBlockObjective
{
    /// <summary>Natural logarithm of the determinant under the present order.</summary>
    double LogDet { get; }

    /// <summary>Channel at each place.</summary>
    ReadOnlySpan<int> Order { get; }

    /// <summary>The log-determinant if the channels at two places were exchanged; <see cref="Accept"/> then exchanges them.</summary>
    double Try(int x, int y);

    /// <summary>Makes the exchange tried last.</summary>
    void Accept();
}

/// <summary>A weight whose channels are to be ordered, with what its objective takes from it.</summary>
interface IBlockedWeight
{
    /// <summary>Channels.</summary>
    int Channels { get; }

    /// <summary>The objective, starting from an order.</summary>
    IBlockObjective Under(ReadOnlySpan<int> order);

    /// <summary>The greedy order (paper, section 3.2).</summary>
    /// <exception cref="InvalidOperationException">Blocks do not hold whole channels: there is no such order.</exception>
    int[] GreedyOrder();
}
