"""Prints the prime numbers below a limit, and how many there are: python primes.py [LIMIT]."""
import sys


def primes(limit):
    """Sieve of Eratosthenes."""
    sieve = [True] * limit
    for n in range(2, limit):
        if sieve[n]:
            yield n
            for multiple in range(n * n, limit, n):
                sieve[multiple] = False


def main():
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    found = list(primes(limit))
    print(*found)
    print(f"{len(found)} primes below {limit}")


main()
