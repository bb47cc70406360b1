import tiem
