using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>Target distributions from class numbers.</summary>
public static class OneHot
{
    /// <summary>t = (1 − smoothing) · [c is the row's class] + smoothing / C.</summary>
    /// <param name="device">Where the targets go.</param>
    /// <param name="classes">A class for each row.</param>
    /// <param name="classCount">C.</param>
    /// <param name="smoothing">0 to 1; 0 gives plain classes. Source: Szegedy et al. 2016, §7.</param>
    /// <returns>[N, C]; each row sums to 1.</returns>
    /// <exception cref="ShapeException">A class is not below C.</exception>
    public static Tensor<float> Create(Device device, ReadOnlySpan<int> classes, int classCount, float smoothing = 0)
    {
        var values = new float[new Shape(classes.Length, classCount).Count];
        Array.Fill(values, smoothing / classCount);
        for (int row = 0; row < classes.Length; row++)
        {
            if (classes[row] < 0 || classes[row] >= classCount)
                throw new ShapeException("OneHot", $"expected classes from 0 to {classCount - 1}, got {classes[row]}");
            values[(row * classCount) + classes[row]] += 1 - smoothing;
        }

        return Tensor<float>.From(device, [classes.Length, classCount], values);
    }
}
