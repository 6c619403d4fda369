using Pqf.Tensors.Devices.Host;
using Xunit;

namespace Pqf.Tensors.Tests.Devices;

public class HostMemoryPoolTests
{
    const long MiB = 1 << 20;

    [Fact]
    public void StepsOfManySizesHoldAtMostHalfAsMuchAgainAsOneOfThemUses()
    {
        var pool = new HostMemoryPool();
        for (int step = 0; step < 300; step++)
        {
            long size = (8 * MiB) + (step * 3 * MiB / 7 / 64 * 64);
            nint one = pool.Rent(size),
                other = pool.Rent(size);
            Assert.Equal(0, one % 64);
            pool.Return(one, size);
            pool.Return(other, size);
            Assert.InRange(pool.FreeBytes, 0, pool.MostHeld);
            Assert.InRange(pool.MostHeld, 3 * size, 3 * size * 9 / 8);
        }

        pool.Trim();
        Assert.Equal(0, pool.FreeBytes);
    }

    [Fact]
    public void WhatHasBeenInUseSinceTheLastTrimDoesNotAddToWhatIsKept()
    {
        var pool = new HostMemoryPool();
        nint weights = pool.Rent(100 * MiB);
        pool.Trim();
        for (int step = 0; step < 50; step++)
        {
            long size = (8 * MiB) + (step * MiB / 4);
            pool.Return(pool.Rent(size), size);
            Assert.InRange(pool.MostHeld, 100 * MiB, (100 * MiB) + (3 * size * 9 / 8 / 2) + (8 * MiB));
        }

        pool.Return(weights, 100 * MiB);
        pool.Trim();
        Assert.Equal(0, pool.MostHeld);
    }

    [Fact]
    public void EqualStepsGetTheBlocksOfTheStepBefore()
    {
        var pool = new HostMemoryPool();
        long[] sizes = [3 * MiB, 5 * MiB, 64, 7 * MiB, 4096];
        nint[] first = [.. sizes.Select(pool.Rent)];
        for (int i = 0; i < sizes.Length; i++)
            pool.Return(first[i], sizes[i]);
        nint[] second = [.. sizes.Select(pool.Rent)];
        Assert.Equal(first, second);
        Assert.Equal(0, pool.FreeBytes);
        for (int i = 0; i < sizes.Length; i++)
            pool.Return(second[i], sizes[i]);
        pool.Trim();
    }

    [Fact]
    public void ALargeBlockServesSizesThatAreALittleSmaller()
    {
        var pool = new HostMemoryPool();
        nint first = pool.Rent(8 * MiB);
        pool.Return(first, 8 * MiB);
        long smaller = (15 * MiB / 2) + 64;
        nint second = pool.Rent(smaller);
        Assert.Equal(first, second);
        pool.Return(second, smaller);
        pool.Trim();
    }
}
